"""What may leave: redaction, excerpts, pseudonyms."""

from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.redaction import EXCERPT, excerpt, pseudonym, public_url, redact, shorten

__all__ = ["EXCERPT", "NO_TERMS", "OwnTerms", "excerpt", "pseudonym", "public_url", "redact", "shorten"]
