"""Unit tests for policies: `winnow policy test` tries a file of cases and prints what differs from what each expects.

A case states a situation, what happens later (more of it, answers of teams, only time), and who is to be asked for what. Only what an
``expect`` states is checked. The clock is simulated: nothing waits.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.backtest.run import Rehearsal, make_situation, recorded
from pipeline.policy import Duration, Policy, PolicyError, Silence, read_yaml, with_silences
from pipeline.written import Fault, Lines, in_words, line_of, own_errors
from schemas.messages import Mode, OutcomeStatus
from schemas.times import iso, to_milliseconds

DEFAULT_START = "2026-03-02T12:00:00Z"
"""A Monday noon."""

_FAR_MS = 400 * 86_400_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _kinds(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ExpectedOutcome(_Part):
    """What a team says to its last action."""

    team: str
    status: OutcomeStatus
    reason: str | None = None


class Expect(_Part):
    """What is to be true then. ``rule: null``: nobody is asked. actions: team -> kinds sent at that moment, all of them."""

    rule: str | None = None
    do: str | None = None
    owner: str | None = None
    peers: tuple[str, ...] | None = None
    mode: str | None = None
    matched: tuple[str, ...] | None = None
    against: tuple[str, ...] | None = None
    actions: dict[str, Annotated[tuple[str, ...], BeforeValidator(_kinds)]] | None = None


class ExpectAll(Expect):
    """The same for a whole case. escalations: time since its start -> team, all that happen until the end."""

    escalations: dict[Duration, str] | None = None


class Moment(_Part):
    """Something that happens ``after`` the start of the case; ``situation`` states only what has changed."""

    after: Duration
    situation: dict[str, Any] | None = None
    answer: ExpectedOutcome | None = None
    expect: Expect = Expect()


class Case(_Part):
    """One story."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    at: AwareDatetime | None = None
    situation: dict[str, Any]
    silences: tuple[Silence, ...] = ()
    expect: ExpectAll
    then: tuple[Moment, ...] = ()


class CaseFile(_Part):
    """A file of cases. ``start``: when those without ``at`` happen."""

    version: Annotated[int, Field(ge=1, le=1)]
    start: AwareDatetime = Field(default=DEFAULT_START, validate_default=True)
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]


class Tried(BaseModel):
    """How a case came out: ``wrong`` is empty when all is as expected. ``rules``: those that decided in it."""

    name: str
    line: int | None
    wrong: list[str] = []
    rules: list[str] = []


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


def try_cases(policy: Policy, text: str, name: str) -> Iterator[Tried]:
    """Each case of the text (``name``: its file in messages) by the policy. Raises PolicyError for a case that makes no sense."""
    cases, lines = parse_cases(text, name)
    for number, case in enumerate(cases.cases):
        line = lines.get(("cases", number))
        start = to_milliseconds(iso(int((case.at or cases.start).timestamp() * 1000)))
        try:
            yield _Story(with_silences(policy, case.silences, name), case, start, line).play()
        except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise PolicyError(name, line, f"case {case.name!r}: {_reason(error)}") from None


def uncovered(policy: Policy, tried: list[Tried]) -> list[str]:
    """Rules that decided in no case."""
    decided = {rule for one in tried for rule in one.rules}
    return [rule.name for rule in policy.rules if rule.name not in decided]


class _Story:
    """One case being played."""

    def __init__(self, policy: Policy, case: Case, start_ms: int, line: int | None) -> None:
        self._case, self._start_ms = case, start_ms
        self._world = Rehearsal(policy)
        self._tried = Tried(name=case.name, line=line)
        self._standing: dict[str, Any] | None = None
        self._last: dict[str, dict[str, Any]] = {}
        self._sent: list[tuple[str, str]] = []
        self._escalated: list[tuple[int, str]] = []
        self._given: dict[str, Any] = {}
        self._seen: dict[str, Any] = {}
        self._revision = 0

    def play(self) -> Tried:
        self._happens(self._start_ms, self._case.situation, None, self._case.expect, "")
        ordered = sorted(self._case.then, key=lambda moment: moment.after)
        for moment in ordered:
            place = f"after {_minutes(moment.after)}: "
            self._happens(self._start_ms + moment.after, moment.situation, moment.answer, moment.expect, place)
        self._pass_time(self._start_ms + _FAR_MS)
        wanted = self._case.expect.escalations
        if wanted is not None:
            self._compare("escalations", _steps(sorted(wanted.items())), _steps(sorted(self._escalated)), "")
        return self._tried

    def _happens(self, now_ms: int, changed: Mapping[str, Any] | None, answer: ExpectedOutcome | None, expect: Expect, place: str) -> None:
        self._sent = []
        self._pass_time(now_ms)
        if changed is not None:
            self._revision += 1
            self._given |= changed
            self._seen = make_situation(self._given, self._revision, self._start_ms, now_ms, self._case.name)
            self._take(self._world.see([recorded(self._seen, now_ms)]))
        if answer is not None:
            action = self._last.get(answer.team)
            if action is None:
                self._tried.wrong.append(f"{place}{answer.team} cannot answer: it was asked nothing")
            else:
                self._take(self._world.answer(action["action_id"], answer.team, answer.status, now_ms, answer.reason))
        self._check(expect, place)

    def _pass_time(self, now_ms: int) -> None:
        self._take(self._world.until(now_ms, now_ms))

    def _take(self, messages: Iterator[tuple[str, dict[str, Any]]]) -> None:
        for noun, message in messages:
            if noun == "decisions":
                if message["role"] == "owner":
                    stands = not message["withdrawn"] and message["mode"] != Mode.SUPPRESSED
                    self._standing = message if stands else None
                    self._tried.rules += [message["rule"]] if stands else []
            elif message["kind"] == "escalate":
                self._last[message["team"]] = message
                self._escalated.append((to_milliseconds(message["created_at"]) - self._start_ms, message["team"]))
            else:
                self._last[message["team"]] = message
                self._sent.append((message["team"], message["kind"]))

    def _check(self, expect: Expect, place: str) -> None:
        stated = expect.model_fields_set
        decision = self._standing
        for name in ("rule", "do", "owner", "mode"):
            if name in stated:
                self._compare(name, getattr(expect, name), None if decision is None else decision[name], place)
        if expect.peers is not None:
            self._compare("peers", sorted(expect.peers), [] if decision is None else sorted(decision["peers"]), place)
        verdict = self._world.verdict(self._seen)
        if expect.matched is not None:
            self._compare("matched", sorted(expect.matched), sorted(verdict.matched), place)
        for part in expect.against or ():
            if not any(part in one for one in verdict.against):
                self._tried.wrong.append(f"{place}nothing against it says {part!r}; there is {list(verdict.against) or 'nothing'}")
        if expect.actions is not None:
            wanted = sorted((team, kind) for team, kinds in expect.actions.items() for kind in kinds)
            self._compare("actions", _requests(wanted), _requests(sorted(self._sent)), place)

    def _compare(self, what: str, wanted: object, found: object, place: str) -> None:
        if wanted != found:
            self._tried.wrong.append(f"{place}{what} should be {_shown(wanted)}, is {_shown(found)}")


def _requests(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{team} {kind}" for team, kind in pairs]


def _steps(steps: list[tuple[int, str]]) -> list[str]:
    return [f"{team} after {_minutes(ms)}" for ms, team in steps]


def _minutes(ms: int) -> str:
    return f"{ms // 60_000} min" + (f" {ms % 60_000 // 1000} s" if ms % 60_000 else "")


def _shown(value: object) -> str:
    if value is None or value == []:
        return "none" if value == [] else "nothing"
    return ", ".join(value) if isinstance(value, list) else repr(value)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_context=False)[0]
        return f"situation.{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
    return str(error)
