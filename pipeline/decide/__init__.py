"""One decision a situation, by policy."""
