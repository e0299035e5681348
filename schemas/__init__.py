"""The nouns: every message, the topic table, and the adapters from native payloads to the canonical Signal."""
