"""Unit tests for policies: `winnow policy test` tries a file of cases and prints what differs from what each expects.

A case states situations, what happens later (more of them, answers of teams, only time), and who is to be asked for what. Only what an
``expect`` states is checked. The clock is simulated: nothing waits.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.act import each_of
from pipeline.backtest.case_file import FIRST, Case, CaseFile, Expect, ExpectedOutcome, Moment, parse_cases
from pipeline.backtest.run import Rehearsal, make_situation, recorded
from pipeline.policy import Policy, PolicyError, with_silences
from schemas.messages import Mode
from schemas.times import iso, to_milliseconds

__all__ = ["CaseFile", "Tried", "try_cases", "uncovered"]

_FAR_MS = 400 * 86_400_000


class Tried(BaseModel):
    """How a case came out: ``wrong`` is empty when all is as expected. ``rules``: those that decided in it."""

    name: str
    line: int | None
    wrong: list[str] = []
    rules: list[str] = []


def try_cases(policy: Policy, text: str, name: str) -> Iterator[Tried]:
    """Each case of the text (``name``: its file in messages) by the policy. Raises PolicyError for a case that makes no sense."""
    cases, lines = parse_cases(text, name)
    for number, case in enumerate(cases.cases):
        line = lines.get(("cases", number))
        start = to_milliseconds(iso(int((case.at or cases.start).timestamp() * 1000)))
        try:
            yield _Story(with_silences(_with_attention(policy, case), case.silences, name), case, start, line).play()
        except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise PolicyError(name, line, f"case {case.name!r}: {_reason(error)}") from None


def _with_attention(policy: Policy, case: Case) -> Policy:
    if not case.attention:
        return policy
    if unknown := sorted(case.attention.keys() - {team.name for team in policy.teams}):
        raise ValueError(f"attention: there is no team {unknown[0]!r}")
    teams = tuple(
        team.model_copy(update={"attention": case.attention[team.name]}) if team.name in case.attention else team for team in policy.teams
    )
    return policy.with_teams(teams)


def uncovered(policy: Policy, tried: list[Tried]) -> list[str]:
    """Rules that decided in no case."""
    decided = {rule for one in tried for rule in one.rules}
    return [rule.name for rule in policy.rules if rule.name not in decided]


@dataclass
class _Told:
    """One situation of a case: what was said of it so far, its last revision, the decision that stands on it."""

    opened_ms: int
    names: tuple[str, ...]
    given: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    ids: tuple[str, ...] = ()
    seen: dict[str, Any] = field(default_factory=dict)
    standing: dict[str, Any] | None = None


class _Story:
    """One case being played."""

    def __init__(self, policy: Policy, case: Case, start_ms: int, line: int | None) -> None:
        self._case, self._start_ms = case, start_ms
        self._world = Rehearsal(policy)
        self._tried = Tried(name=case.name, line=line)
        self._told: dict[str, _Told] = {}
        self._by_id: dict[str, _Told] = {}
        self._last: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._sent: list[tuple[str, str]] = []
        self._contacts: dict[str, str | None] = {}
        self._escalated: list[tuple[int, str, str | None]] = []
        self._grouped: Counter[str] = Counter()

    def play(self) -> Tried:
        self._happens(self._start_ms, Moment.model_construct(situation=self._case.situation, expect=self._case.expect), "")
        for moment in sorted(self._case.then, key=lambda moment: moment.after):
            about = "" if moment.of == FIRST else f" {moment.of}"
            self._happens(self._start_ms + moment.after, moment, f"after {_minutes(moment.after)}{about}: ")
        self._take(self._world.until(self._start_ms + _FAR_MS, self._start_ms + _FAR_MS))
        self._check_escalations()
        return self._tried

    def _happens(self, now_ms: int, moment: Moment, place: str) -> None:
        self._sent, self._contacts, self._world.held = [], {}, Counter()
        self._take(self._world.until(now_ms, now_ms))
        if moment.situation is not None:
            self._tell(now_ms, moment)
        if moment.answer is not None:
            self._answer(now_ms, moment.answer, place)
        if moment.of not in self._told:
            raise ValueError(f"of: there is no situation {moment.of!r} yet; known are {', '.join(self._told)}")
        self._check(moment.expect, self._told[moment.of], place)

    def _tell(self, now_ms: int, moment: Moment) -> None:
        told = self._told.get(moment.of)
        if told is None:
            named = self._case.name if moment.of == FIRST else f"{self._case.name}/{moment.of}"
            names = tuple(f"{named}/{number}" if number else named for number in range(moment.times))
            told = self._told[moment.of] = _Told(now_ms, names)
        elif moment.times not in (1, len(told.names)):
            raise ValueError(f"times: {moment.of!r} are {len(told.names)} situations already")
        told.revision += 1
        told.given |= moment.situation or {}
        made = [make_situation(told.given, told.revision, told.opened_ms, now_ms, name) for name in told.names]
        told.seen = made[0]
        self._by_id |= {one["id"]: told for one in made}
        self._take(self._world.see(recorded(one, now_ms) for one in made))

    def _answer(self, now_ms: int, answer: ExpectedOutcome, place: str) -> None:
        action = self._last.get((answer.team, answer.of))
        if action is None:
            self._tried.wrong.append(f"{place}{answer.team} cannot answer: it was asked nothing")
        else:
            self._take(self._world.answer(action["action_id"], answer.team, answer.status, now_ms, answer.reason))

    def _take(self, messages: Iterator[tuple[str, dict[str, Any]]]) -> None:
        for noun, message in messages:
            if noun == "decisions":
                if message["role"] == "owner":
                    stands = not message["withdrawn"] and message["mode"] != Mode.SUPPRESSED
                    told = self._by_id[message["situation"]["id"]]
                    if stands or told.standing is None or told.standing["id"] != message["id"]:  # else: taken from the former owner
                        told.standing = message if stands else None
                    self._tried.rules += [message["rule"]] if stands else []
                continue
            team = message["team"]
            for action in each_of(message):
                about = self._by_id.get(action["situation"])
                of = next((name for name, one in self._told.items() if one is about), None)
                self._last[team, None] = self._last[team, of] = action
            self._grouped[team] += len(message["items"]) if message["kind"] == "escalate" else 0
            self._contacts[team] = message["contact"]
            if message["kind"] == "escalate":
                self._escalated.append((to_milliseconds(message["created_at"]) - self._start_ms, team, message["contact"]))
            else:
                self._sent.append((team, message["kind"]))

    def _check(self, expect: Expect, told: _Told, place: str) -> None:
        stated, decision = expect.model_fields_set, told.standing
        verdict = self._world.verdict(told.seen)
        ended = verdict.stopper[1] if decision is None and verdict.stopper[0] == "rule" else None
        self._tried.rules += [ended] if ended else []
        for name in ("rule", "do", "owner", "mode"):
            if name in stated:
                nothing = {"rule": ended, "do": "nothing"}.get(name) if ended else None
                self._compare(name, getattr(expect, name), nothing if decision is None else decision[name], place)
        if expect.peers is not None:
            self._compare("peers", sorted(expect.peers), [] if decision is None else sorted(decision["peers"]), place)
        if expect.matched is not None:
            self._compare("matched", sorted(expect.matched), sorted(verdict.matched), place)
        for part in expect.against or ():
            if not any(part in one for one in verdict.against):
                self._tried.wrong.append(f"{place}nothing against it says {part!r}; there is {list(verdict.against) or 'nothing'}")
        if expect.actions is not None:
            wanted = sorted((team, kind) for team, kinds in expect.actions.items() for kind in kinds)
            self._compare("actions", _requests(wanted), _requests(sorted(self._sent)), place)
        for team, contact in (expect.contact or {}).items():
            self._compare(f"contact of {team}", contact, self._contacts.get(team), place)
        if expect.held is not None:
            self._compare("held", _counts(expect.held), _counts(self._world.held), place)

    def _check_escalations(self) -> None:
        if self._case.expect.grouped is not None:
            self._compare("grouped", _counts(self._case.expect.grouped), _counts(self._grouped), "")
        wanted = self._case.expect.escalations
        if wanted is None:
            return
        self._compare("escalations", _steps((ms, step.team) for ms, step in wanted.items()), _steps(one[:2] for one in self._escalated), "")
        for ms, step in wanted.items():
            if step.contact is not None:
                found = [contact for at, team, contact in self._escalated if (at, team) == (ms, step.team)]
                self._compare(f"contact of {step.team} after {_minutes(ms)}", step.contact, next(iter(found), None), "")

    def _compare(self, what: str, wanted: object, found: object, place: str) -> None:
        if wanted != found:
            self._tried.wrong.append(f"{place}{what} should be {_shown(wanted)}, is {_shown(found)}")


def _requests(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{team} {kind}" for team, kind in pairs]


def _steps(steps: Iterable[tuple[int, str]]) -> list[str]:
    return [f"{team} after {_minutes(ms)}" for ms, team in sorted(steps)]


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"{team} {count}" for team, count in sorted(counts.items()) if count]


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
