"""What a queue lets through, keeps, gives out and when, and what a digest takes."""

import random
from copy import deepcopy
from typing import Any

import pytest

from pipeline.act.budget import TOKEN, TokenBucket
from pipeline.act.team_queue import ASKS_LIMIT, DIGEST_RECEIPTS, DIGEST_ROWS, LINES_LIMIT, Due, Held, HeldAction, Room, TeamQueue, receipt
from pipeline.policy.model import Attention, Team
from tests.unit.pipeline.decide.world import HOUR, MINUTE, START

FEW = Attention.model_validate({"per_hour": 6, "burst": 2, "digest_after": "30m"})
TEAM = Team(name="support", attention=FEW)
FAR = START + 1_000 * HOUR


def held(number: int, severity: float = 0.5, stale: str = "", not_after: int = FAR, clock: int = START) -> Held:
    """A held item."""
    return Held(number, "d", "s", "case", "aurora", "r", severity, clock, clock, not_after, "words", "i", "a", 0, number, stale)


def queue(*lines: Held, spent: bool = False, asks: dict[int, tuple[float, str]] | None = None, **over: Any) -> TeamQueue:
    """A queue with these lines, and asks as number -> (severity, kind)."""
    found = TeamQueue(TokenBucket(0 if spent else 2 * TOKEN, START))
    for line in lines:
        found.restore(line, None)
    for number, (severity, kind) in (asks or {}).items():
        found.restore(held(number, severity, **over), HeldAction({"kind": kind}, []))
    return found


def play(desk: TeamQueue, until: int = FAR, team: Team = TEAM) -> list[tuple[int, str]]:
    """Minutes since the start, and what happens then."""
    found = []
    while (due := desk.next_due(team, until)) is not None:
        desk.bucket.flow(team.attention, due.at)
        if due.number is None:
            told = ",".join(str(item.number) for item in desk.take_lines(team, due.at))
            what = f"digest {told}"
        elif due.expires:
            desk.tell(due.number, "")
            what = f"expires {due.number}"
        else:
            desk.take_ask(team, due.number, due.at)
            what = f"ask {due.number}"
        found.append(((due.at - START) // MINUTE, what))
    return found


# -- the digest ------------------------------------------------------------------------------------------------------


def test_digest_is_due_after_its_wait_and_when_a_token_is_there() -> None:
    """The later of both."""
    assert play(queue(held(0))) == [(30, "digest 0")]
    desk = queue(held(0))
    desk.bucket = TokenBucket(-5 * TOKEN, START)
    assert play(desk) == [(60, "digest 0")]


def test_digest_takes_the_most_important_first() -> None:
    """Rank: what is still true and not expired, by severity, then by arrival; a digest has a bounded number of rows."""
    lines = [held(0, 0.2), held(1, 0.9, "withdrawn"), held(2, 0.9), held(3, 0.5, not_after=START - 1), held(4, 0.2)]
    taken = queue(*lines).take_lines(TEAM, START)
    assert [item.number for item in taken] == [2, 0, 4, 3, 1]
    assert [receipt(item, START) for item in taken[-2:]] == ["(expired) words", "(withdrawn) words"]


def test_digest_that_cannot_tell_all_tells_the_most_important() -> None:
    """What does not fit is not the latest but the least important, and waits for the next one."""
    most = DIGEST_ROWS + DIGEST_RECEIPTS
    desk = queue(*(held(number, 0.2 if number < 10 else 0.5) for number in range(most + 3)))
    taken = desk.take_lines(TEAM, START)
    assert len(taken) == most
    assert [item.number for item in taken[-8:]] == [most + 2, 0, 1, 2, 3, 4, 5, 6]
    assert [item.number for item in desk.lines] == [7, 8, 9]
    assert desk.next_due(TEAM, FAR) == Due(START + 30 * MINUTE, expires=False, number=None)


def test_a_flood_does_not_wait_for_the_morning() -> None:
    """At the limit a digest comes as soon as there is a token, at night as well: what waits is bounded."""
    night = START + 10 * HOUR
    asleep = Team.model_validate({"name": "support", "hours": {"start": "08:00", "end": "20:00"}})
    desk = queue(*(held(number, clock=night + number) for number in range(LINES_LIMIT - 1)))
    desk.bucket = TokenBucket.full(asleep.attention, night)
    assert desk.next_due(asleep, FAR) == Due(night + 10 * HOUR, expires=False, number=None)
    desk.hold(asleep, held(LINES_LIMIT - 1, clock=night + LINES_LIMIT - 1), None)
    assert desk.next_due(asleep, FAR) == Due(night + LINES_LIMIT - 1, expires=False, number=None)
    desk.bucket = TokenBucket(0, night + 2 * HOUR)
    at = desk.bucket.ready_at(asleep.attention)
    assert desk.next_due(asleep, FAR) == Due(at, expires=False, number=None)
    assert at > night + 2 * HOUR


def test_a_digest_spends_a_token() -> None:
    """Reading a digest takes attention as well: the next one, or the next action, waits for its turn."""
    desk = queue(held(0))
    desk.take_lines(TEAM, START)
    assert [desk.bucket.spend(FEW, START) for _ in range(2)] == [True, False]


# -- asks ------------------------------------------------------------------------------------------------------------


def test_asks_come_out_as_tokens_do_pages_first_then_by_severity() -> None:
    """One every ten minutes, and of two that are as grave the one that came first."""
    desk = queue(spent=True, asks={0: (0.3, "reply"), 1: (0.6, "review"), 2: (0.3, "idea"), 3: (0.4, "page")})
    assert play(desk) == [(10, "ask 3"), (20, "ask 1"), (30, "ask 0"), (40, "ask 2")]


def test_a_digest_gets_its_turn_among_asks_unless_it_has_receipts_alone() -> None:
    """Lines come half an hour later at the latest; that something needs nobody any more waits for everything else."""
    asks = {n: (0.5, "reply") for n in range(5)}
    assert play(queue(held(9), spent=True, asks=asks))[2:4] == [(30, "digest 9"), (40, "ask 2")]
    assert play(queue(held(9, stale="withdrawn"), spent=True, asks=asks))[-2:] == [(50, "ask 4"), (60, "digest 9")]


def test_the_reserve_is_left_to_pages() -> None:
    """What is no page waits until one token more than the reserve is there."""
    attention = Attention.model_validate({"per_hour": 6, "burst": 2, "reserve": 1})
    desk = queue(spent=True, asks={0: (0.9, "reply"), 1: (0.3, "page")})
    assert play(desk, team=Team(name="support", attention=attention)) == [(10, "ask 1"), (30, "ask 0")]


def test_what_waits_for_hours_comes_when_they_begin_and_what_is_severe_does_not_wait_for_them() -> None:
    """At 14:00 the team is at work; the one that is severe only waited for a token."""
    asleep = Team.model_validate({"name": "support", "attention": FEW, "hours": {"start": "14:00", "end": "20:00", "wake_at": 0.7}})
    desk = queue(spent=True, asks={0: (0.3, "reply"), 1: (0.7, "reply"), 2: (0.4, "page")})
    assert play(desk, team=asleep) == [(10, "ask 1"), (120, "ask 2"), (120, "ask 0")]


def test_an_ask_that_expires_becomes_a_line() -> None:
    """At its end, not before; it is told once there is a token."""
    desk = queue(spent=True, asks={0: (0.9, "reply"), 1: (0.3, "reply")}, not_after=START + 15 * MINUTE)
    assert play(desk) == [(10, "ask 0"), (15, "expires 1"), (30, "digest 1")]


def test_an_ask_for_which_there_is_no_room_before_it_expires_is_a_line_at_once() -> None:
    """Half an hour: three tokens and a full bucket of two. The least grave loses its place, the later one of two."""
    desk, end = queue(spent=True), START + 30 * MINUTE
    severities = (0.5, 0.4, 0.4, 0.6, 0.9, 0.7, 0.3)
    kept = [desk.hold(TEAM, held(n, one, not_after=end), HeldAction({"kind": "reply"}, [])) for n, one in enumerate(severities)]
    assert kept == [[0], [1], [2], [3], [4], [2, 5], [6]]
    assert [item.number for item in desk.lines] == [2, 6]
    assert sorted(desk.asks) == [0, 1, 3, 4, 5]


def test_asks_are_bounded_whatever_the_budget() -> None:
    """A page among them keeps its place."""
    rich = Team.model_validate({"name": "support", "attention": {"per_hour": 100_000, "burst": 1}})
    desk = queue(spent=True)
    for number in range(ASKS_LIMIT + 50):
        desk.hold(rich, held(number, 0.9 if number else 0.1), HeldAction({"kind": "reply" if number else "page"}, []))
    assert (len(desk.asks), len(desk.lines), 0 in desk.asks) == (ASKS_LIMIT, 50, True)


@pytest.mark.parametrize(("kind", "severity", "room"), [("page", 0.75, Room.OVER), ("page", 0.7, Room.NONE), ("reply", 0.9, Room.NONE)])
def test_a_critical_page_goes_out_whatever_was_spent(kind: str, severity: float, room: Room) -> None:
    """Only that."""
    assert queue(spent=True).room(TEAM, START, kind, severity) is room


def test_item_is_found_by_number() -> None:
    """A told item is none any more, and what is stale stays so."""
    desk = queue(held(3), held(7), asks={8: (0.5, "reply")})
    desk.tell(7, "superseded")
    desk.tell(8, "withdrawn")
    desk.tell(8, "")
    found = {number: item.stale for number in range(10) if (item := desk.find(number)) is not None}
    assert found == {3: "", 7: "superseded", 8: "withdrawn"}
    assert (desk.waiting, desk.oldest.number, desk.asks) == (3, 3, {})


def test_a_digest_takes_what_stands_first_whatever_has_happened_since(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines expire, become receipts and are joined by asks that lost their place: a digest takes what sorting all of it puts first."""
    monkeypatch.setattr("pipeline.act.team_queue.DIGEST_ROWS", 5)
    monkeypatch.setattr("pipeline.act.team_queue.DIGEST_RECEIPTS", 3)
    chance = random.Random(5)
    desk, now, digests = queue(), START, 0
    for number in range(3_000):
        now += chance.randrange(MINUTE)
        ask = HeldAction({"kind": "reply"}, []) if chance.random() < 0.3 else None
        desk.hold(TEAM, held(number, chance.choice([0.1, 0.5, 0.9]), clock=now, not_after=now + chance.randrange(3 * HOUR)), ask)
        if chance.random() < 0.3:
            desk.tell(chance.choice([*desk.items, *(line.number for line in desk.lines)] or [number]), chance.choice(["superseded", ""]))
        if chance.random() < 0.1:
            all_told = sorted(
                (*desk.lines, *desk.receipts), key=lambda item: (item.stale != "", item.not_after < now, -item.severity, item.number)
            )
            assert desk.take_lines(TEAM, now) == all_told[:8]
            assert sorted((*desk.lines, *desk.receipts)) == sorted(all_told[8:])
            digests += bool(all_told[8:])
    assert digests > 100


def test_one_of_many_lines_is_found_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of thousands may wait for a team that has no attention left: telling one of them compares it with none."""
    desk = queue(*(held(number) for number in range(1_000)))

    def compared(*_: object) -> bool:
        raise AssertionError("compared with another line")

    monkeypatch.setattr(Held, "__eq__", compared)
    desk.tell(998, "withdrawn")
    assert [item.number for item in desk.receipts] == [998]
    assert [item.number for item in desk.lines[-2:]] == [997, 999]


def test_a_receipt_does_not_tell_what_was_said() -> None:
    """Whom a decision no longer asks hears nothing of it any more, not even that what was said is deleted before the digest comes."""
    said = held(3)._replace(
        summary="A person reports about Aurora Air: smoke at gate 3", reply={"source": "x", "url": None, "reply_to": "1"}
    )
    desk = queue(said)
    desk.tell(3, "withdrawn")
    (told,) = desk.take_lines(TEAM, START + HOUR)
    assert receipt(told, START) == "(withdrawn) A person reports about Aurora Air"
    assert (told.information, told.author, told.reply) == (told.situation, "", None)
    desk = queue(asks={4: (0.5, "reply")})
    desk.put(said._replace(number=4))
    desk.tell(4, "")
    assert desk.lines[0].summary == said.summary  # it is still for the team, which hears what becomes of it


# -- what comes next is remembered ------------------------------------------------------------------------------------


def test_what_is_remembered_to_come_next_is_what_is_reckoned_anew() -> None:
    """However a queue has changed since it was asked, and for whichever team: what it remembers changes nothing."""
    chance = random.Random(3)
    other = Team(name="support", attention=Attention.model_validate({"per_hour": 60, "burst": 5, "reserve": 1, "digest_after": "2m"}))
    desk, now, happened = queue(), START, 0
    for number in range(600):
        now += chance.randrange(4 * MINUTE)
        team = chance.choice([TEAM, TEAM, TEAM, other])
        match chance.randrange(5):
            case 0:
                desk.hold(team, held(number, chance.random(), clock=now, not_after=now + chance.randrange(2 * HOUR)), None)
            case 1:
                ask = HeldAction({"kind": chance.choice(["page", "reply"])}, [])
                desk.hold(team, held(number, chance.random(), clock=now, not_after=now + chance.randrange(2 * HOUR)), ask)
            case 2:
                desk.room(team, now, "reply", 0.5)
            case 3:
                waiting = [*desk.items, *(line.number for line in desk.lines)]
                if waiting:
                    desk.tell(chance.choice(waiting), "withdrawn")
        anew = deepcopy(desk)
        anew.touched()
        due = desk.next_due(team, now)
        assert due == anew.next_due(team, now)
        if due is not None and due.number is None:
            desk.take_lines(team, due.at)
        elif due is not None and due.number is not None:
            desk.tell(due.number, "") if due.expires else desk.take_ask(team, due.number, due.at)
        happened += due is not None
    assert happened > 100
