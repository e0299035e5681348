"""The form of a subjects file: who is listened for, and whose accounts are known. `parse_subjects` reads one."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.sift.terms import compile_term
from schemas.text import searchable

SubjectId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Network: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Accounts: TypeAlias = dict[Network, tuple[Annotated[str, Field(min_length=1)], ...]]
"""Source -> accounts there: ``@handle``, or the network's own id without ``@``."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Part):
    """An organisation or product that is listened for.

    ``terms``: words, phrases, @handles as people write them (`pipeline.sift.terms` says what ``*`` and ``~`` mean); ``unless``: phrases
    within which they do not count; ``hints``: native app, product or queue ids; ``accounts``: its own; ``parent``: the brand of a
    product; ``competitor``: counted, never answered.
    """

    id: SubjectId
    name: str
    terms: Annotated[tuple[str, ...], Field(min_length=1)]
    unless: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    accounts: Accounts = {}
    parent: SubjectId | None = None
    competitor: bool = False

    @field_validator("terms", "unless")
    @classmethod
    def _readable(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        for term in terms:
            compile_term(term)
        return terms


class KnownAccounts(_Part):
    """Accounts of one kind of stakeholder: listed ones, those of a domain (and its subdomains), those affiliated with an organisation."""

    accounts: Accounts = {}
    domains: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")], ...] = ()
    affiliations: tuple[Annotated[str, Field(min_length=2)], ...] = ()


StakeholderName: TypeAlias = Literal["customer", "employee", "partner", "investor", "media", "authority"]


class SubjectFile(_Part):
    """The whole file."""

    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]
    feedback_subject: str | None = Field(default=None, description="Subject of feedback that names none.")
    stakeholders: dict[StakeholderName, KnownAccounts] = {}

    @model_validator(mode="after")
    def _consistent(self) -> SubjectFile:
        ids = [subject.id for subject in self.subjects]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise ValueError(f"two subjects have the id {twice!r}: give each its own")
        parents = {subject.id: subject.parent for subject in self.subjects}
        for one, parent in parents.items():
            if parent is not None and parent not in parents:
                raise ValueError(f"parent {parent!r} of {one} is none of its subjects")
            if parent is not None and parents[parent] is not None:
                raise ValueError(f"parent {parent!r} of {one} has a parent itself: name the brand")
        hints = [searchable(hint) for subject in self.subjects for hint in dict.fromkeys((subject.id, *subject.hints))]
        if twice := next((one for one in hints if hints.count(one) > 1), None):
            raise ValueError(f"two subjects have the hint {twice!r}: it can name only one (an id is a hint, too)")
        if self.feedback_subject and self.feedback_subject not in parents:
            raise ValueError(f"feedback_subject {self.feedback_subject!r} is none of its subjects")
        return self


INVENTED = SubjectFile(
    subjects=(
        Subject(id="aurora", name="Aurora Air", terms=("aurora air", "auroraair", "@auroraair"), hints=("aurora-air",)),
        Subject(id="brightbank", name="Brightbank", terms=("brightbank", "bright bank", "@brightbank")),
        Subject(id="cobalt", name="Cobalt Mobile", terms=("cobalt mobile", "cobaltmobile", "@cobaltmobile"), hints=("cobalt-mobile",)),
    )
)
"""Three brands that do not exist: what a deployment without a subjects file, the demo and the simulator speak of."""
