"""Who may use the board: a file of people with hashed tokens and rights per team, or, on loopback only, whoever sits at the machine."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.written import WrittenError, read_yaml
from schemas.errors import WinnowError

Right = Literal["look", "answer", "silence", "steer"]
RIGHTS: tuple[Right, ...] = ("look", "answer", "silence", "steer")
EVERY_TEAM = "*"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+ -]{0,99}")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody known. rights: team, or ``*`` for all of them -> what they may do there; whoever may do anything may look."""

    name: str
    rights: Mapping[str, frozenset[str]]

    def may(self, right: Right, team: str | None = None) -> bool:
        """Whether they may do this for the team; None: for any team at all."""
        if team is None:
            return any(right in rights or (right == "look" and rights) for rights in self.rights.values())
        rights = self.rights.get(team, frozenset()) | self.rights.get(EVERY_TEAM, frozenset())
        return right in rights or (right == "look" and bool(rights))


def owner_of_machine(name: str) -> Member:
    """Who uses a board that only this machine can reach: all rights, under the name of the account that runs it."""
    return Member(name if _NAME.fullmatch(name) else "local", {EVERY_TEAM: frozenset(RIGHTS)})


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=_NAME.pattern, max_length=100)]
    token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    teams: dict[str, list[Right]]


class PeopleFile(BaseModel):
    """The file: ``version: 1`` and ``people``, each with name, teams and, unless a proxy vouches for them, the hash of a token."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    people: Annotated[list[_Entry], Field(min_length=1)]


class Members:
    """Everybody who is known."""

    def __init__(self, entries: Mapping[str, Member], tokens: Mapping[str, str]) -> None:
        self._entries = dict(entries)
        self._tokens = dict(tokens)

    def named(self, name: str) -> Member | None:
        """The person of this name."""
        return self._entries.get(name)

    def with_token(self, token: str) -> Member | None:
        """The person whose token this is; all hashes are compared, each in the same time."""
        given = hashlib.sha256(token.encode()).hexdigest()
        found = [name for name, known in self._tokens.items() if hmac.compare_digest(known, given)]
        return self._entries[found[0]] if found else None

    @property
    def have_tokens(self) -> bool:
        """Whether anybody can sign in."""
        return bool(self._tokens)


def load_people(path: Path) -> Members:
    """Read the file. Raises WinnowError for one that cannot be read or is wrong, with the place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WinnowError(f"cannot read the board's people file {path}: {error}", hint="See WINNOW_BOARD_PEOPLE_FILE.") from error
    try:
        raw = read_yaml(text, str(path), WrittenError)
        file = PeopleFile.model_validate(raw[0] if isinstance(raw, tuple) else raw)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise WinnowError(f"{path}: {place}: {fault['msg']}", hint="Correct the file; `winnow board --help` shows its form.") from error
    names = [one.name for one in file.people]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise WinnowError(f"{path}: {', '.join(doubled)} is there twice")
    people = {one.name: Member(one.name, {team: frozenset(rights) for team, rights in one.teams.items()}) for one in file.people}
    return Members(people, {one.name: one.token_sha256 for one in file.people if one.token_sha256})


def new_token() -> tuple[str, str]:
    """A token of 256 random bits, and the hash of it that the file holds: guessing it is hopeless, so one round of SHA-256 is enough."""
    token = secrets.token_urlsafe(32)
    return token, hashlib.sha256(token.encode()).hexdigest()
