"""What an action says of people and subjects: authors as keyed hashes, words without what names a person, the organisation's left in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.policy import Policy
from pipeline.privacy import EXCERPT, NO_TERMS, OwnTerms, excerpt, pseudonym, redact


@dataclass(frozen=True, slots=True)
class Discretion:
    """``author_key``: 16 to 64 bytes; changing it changes all pseudonyms, visibly. ``own``: what redaction leaves where it stands.

    ``names``: how people call a subject that the policy gives no name.
    """

    author_key: bytes
    own: OwnTerms = NO_TERMS
    names: Mapping[str, str] = field(default_factory=dict)

    def subject(self, identity: str, policy: Policy) -> str:
        """How people call a subject: as the policy says, else as the subjects file does."""
        return policy.subjects.get(identity) or self.names.get(identity, identity)

    def author(self, piece: Mapping[str, Any]) -> str:
        """Who wrote a piece of evidence."""
        return pseudonym(piece["author"], self.author_key)

    def excerpt(self, piece: Mapping[str, Any], limit: int = EXCERPT) -> str:
        """What was said in a piece of evidence."""
        return excerpt(piece["text"], limit, self.own.on(piece["source"]))

    def redact(self, line: str, network: str = "") -> str:
        """A line made of other words; ``network``: whose accounts may stand in it."""
        return redact(line, self.own.on(network))
