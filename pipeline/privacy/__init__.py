"""What may leave: redaction, excerpts, pseudonyms."""
