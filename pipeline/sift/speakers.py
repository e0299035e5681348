"""Who speaks: what is known of the account comes first, what the words sound like only then. `Messages` asks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pipeline.sift.biographies import claim_of
from pipeline.sift.lifecycle import realm_of
from schemas.messages import Stakeholder, StakeholderEvidence
from schemas.sources import AuthorRecord, SignalRecord

if TYPE_CHECKING:
    from pipeline.sift.events import SiftConfig

STAKEHOLDERS = tuple(stakeholder.value for stakeholder in Stakeholder)
_LAYMEN = frozenset({Stakeholder.CUSTOMER.value, Stakeholder.PROSPECT.value})
_ROSTER, _ACCOUNT, _GOVERNMENT, _AFFILIATION, _DOMAIN, _BIO, _WORDS, _UNSURE = (evidence.value for evidence in StakeholderEvidence)


class Speaker(NamedTuple):
    """Who speaks, what decided it (`schemas.messages.StakeholderEvidence`), and how sure that is. ``dual_hat``: an employee by evidence."""

    stakeholder: str
    evidence: str
    confidence: float

    @property
    def dual_hat(self) -> bool:
        """Whether this is known to be one of the organisation's own people."""
        return self.stakeholder == "employee" and self.evidence != _WORDS


def author_hash(key: bytes, realm: str, author_id: str) -> str:
    """Keyed hash of an author: the same person, without the name (blake2b, 32 hex digits). realm: where the id is one."""
    return hashlib.blake2b(f"{realm}\0{author_id}".encode("utf-8", "surrogatepass"), digest_size=16, key=key[:64]).hexdigest()


class Speakers:
    """Tells of signals who speaks."""

    def __init__(self, config: SiftConfig) -> None:
        self._config = config
        self._known = config.subjects.known
        self._has_lists = bool(self._known)

    def of(self, signal: SignalRecord, judged: Sequence[float]) -> Speaker:
        """``judged``: stakeholder (index into STAKEHOLDERS) and its confidence by the words, then the same of the likelier layman."""
        found = self._by_account(signal)
        if found is not None:
            return Speaker(*found, 1.0)
        stakeholder, sure, layman, layman_sure = judged
        name = STAKEHOLDERS[int(stakeholder)]
        if name in _LAYMEN or sure >= self._config.stakeholder_confidence:
            return Speaker(name, _WORDS, sure)
        return Speaker(STAKEHOLDERS[int(layman)], _UNSURE, layman_sure)

    def _by_account(self, signal: SignalRecord) -> tuple[str, str] | None:
        """(who, by which evidence): the strongest there is of the account."""
        author, roster = signal.author, self._config.roster
        if roster and author_hash(self._config.author_key, realm_of(signal), author.id) in roster:
            return Stakeholder.EMPLOYEE.value, _ROSTER
        if self._has_lists and (kind := self._known.by_account(signal.source, author)):
            return kind, _ACCOUNT
        if author.verified_as == "government":
            return Stakeholder.AUTHORITY.value, _GOVERNMENT
        return self._by_profile(author)

    def _by_profile(self, author: AuthorRecord) -> tuple[str, str] | None:
        if author.affiliation and (kind := self._by_affiliation(author.affiliation)):
            return kind, _AFFILIATION
        if self._has_lists and (kind := self._known.by_domain(_hosts(author))):
            return kind, _DOMAIN
        if author.bio and (kind := claim_of(author.bio, self._names_us)):
            return kind, _BIO
        return None

    def _by_affiliation(self, affiliation: str) -> str | None:
        kind = self._known.by_affiliation(affiliation)
        return Stakeholder.EMPLOYEE.value if kind is None and self._names_us(affiliation) else kind

    def _names_us(self, text: str) -> bool:
        subjects = self._config.subjects
        return any(name not in subjects.competitors for name in subjects.of_text(text))


def _hosts(author: AuthorRecord) -> list[str]:
    """Domains that a network vouches for: that of a handle or an address, the server of a profile; never what the author filled in."""
    found = []
    for name in (author.handle, author.id):
        if name:
            host = name.lower().removeprefix("@").rpartition("@")[2]
            if "." in host and "/" not in host and ":" not in host:
                found.append(host)
    if author.profile_url:
        try:
            found.append(urlsplit(author.profile_url).hostname or "")
        except ValueError:
            return found  # no address at all
    return found
