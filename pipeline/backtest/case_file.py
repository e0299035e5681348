"""The form of a file of cases: situations, what happens later, who is asked. `cases` plays them."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from pipeline.policy import Attention, Duration, PolicyError, Silence, read_yaml
from pipeline.written import Fault, Lines, in_words, line_of, own_errors
from schemas.messages import OutcomeStatus

DEFAULT_START = "2026-03-02T12:00:00Z"
"""A Monday noon."""

FIRST = "first"
"""The name of the situation that a case begins with."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _kinds(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _step(value: object) -> object:
    return {"team": value} if isinstance(value, str) else value


class ExpectedOutcome(_Part):
    """What a team says to its last action, or to its last one about the situation ``of``."""

    team: str
    status: OutcomeStatus
    reason: str | None = None
    of: str | None = None


class ExpectedStep(_Part):
    """Who is escalated to."""

    team: str
    contact: str | None = None


_TEXT = {"type": "string"}
_KINDS_SCHEMA = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_STEP_SCHEMA = {
    "anyOf": [
        _TEXT,
        {"type": "object", "properties": {"team": _TEXT, "contact": _TEXT}, "required": ["team"], "additionalProperties": False},
    ]
}
Kinds = Annotated[tuple[str, ...], BeforeValidator(_kinds), WithJsonSchema(_KINDS_SCHEMA)]
Step = Annotated[ExpectedStep, BeforeValidator(_step), WithJsonSchema(_STEP_SCHEMA)]


class Expect(_Part):
    """What is to be true then of the situation. ``rule: null``: nobody is asked.

    Of that moment, whatever it is about: actions: team -> kinds sent, all of them; contact: team -> whom there; held: team -> how many
    of its actions were held back, all of them.
    """

    rule: str | None = None
    do: str | None = None
    owner: str | None = None
    peers: tuple[str, ...] | None = None
    mode: str | None = None
    matched: tuple[str, ...] | None = None
    against: tuple[str, ...] | None = None
    actions: dict[str, Kinds] | None = None
    contact: dict[str, str | None] | None = None
    held: dict[str, Annotated[int, Field(ge=0)]] | None = None


class ExpectAll(Expect):
    """The same for a whole case. escalations: time since its start -> team, and contact if stated; all that happen until the end.
    grouped: team -> how many of them came together with others, as its attention was used up.
    """

    escalations: dict[Duration, Step] | None = None
    grouped: dict[str, Annotated[int, Field(ge=0)]] | None = None


class Moment(_Part):
    """Something that happens ``after`` the start of the case; ``situation`` states only what has changed.

    of: the situation, another one than the `first` by a name of one's own; times: so many alike at once, of other people each.
    """

    after: Duration
    of: Annotated[str, Field(min_length=1, max_length=40)] = FIRST
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    situation: dict[str, Any] | None = None
    answer: ExpectedOutcome | None = None
    expect: Expect = Expect()


class Case(_Part):
    """One story. attention: of teams, for this case, in place of what the policy says."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    at: AwareDatetime | None = None
    situation: dict[str, Any]
    silences: tuple[Silence, ...] = ()
    attention: dict[str, Attention] = {}
    expect: ExpectAll
    then: tuple[Moment, ...] = ()


class CaseFile(_Part):
    """A file of cases. ``start``: when those without ``at`` happen."""

    version: Annotated[int, Field(ge=1, le=1)]
    start: AwareDatetime = Field(default=DEFAULT_START, validate_default=True)
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]


def parse_cases(text: str, name: str) -> tuple[CaseFile, Lines]:
    """YAML text as cases, with the lines they stand on. Raises PolicyError naming file, line and reason."""
    values, lines = read_yaml(text, name)
    try:
        return CaseFile.model_validate(values), lines
    except ValidationError as error:
        faults = [_fault(one, lines) for one in own_errors(error)]
        raise PolicyError(name, *faults[0], more=faults[1:]) from None


def _fault(error: Any, lines: Lines) -> Fault:
    where = ".".join(str(part) for part in error["loc"]) or "cases"
    return Fault(line_of(lines, tuple(error["loc"])), f"{where}: {in_words(error, CaseFile)}")
