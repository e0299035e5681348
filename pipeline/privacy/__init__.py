"""What may leave: redaction, excerpts, pseudonyms."""

from pipeline.privacy.redaction import excerpt, pseudonym, public_url, redact, shorten

__all__ = ["excerpt", "pseudonym", "public_url", "redact", "shorten"]
