"""Native payloads to judged information."""
