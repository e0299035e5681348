"""One event's story in words."""
