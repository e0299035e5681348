"""When a silence ends while what it stopped stands, the team is asked: at that time, once, whatever happens meanwhile."""

from typing import Any

import pytest

from pipeline.decide.shard import DecideShard
from schemas.times import iso
from tests.unit.pipeline.decide.world import (
    HOUR,
    MINUTE,
    POLICY,
    START,
    UPSTREAM,
    WALL,
    Shell,
    decide_shell,
    digest,
    policy,
    situation,
    situation_records,
    watermark_record,
)


def silenced(*silences: str) -> str:
    """The world's policy with silences."""
    return POLICY + "silences:\n" + "".join(f"  - {{{one}, author: jo, reason: a drill}}\n" for one in silences)


DRILL = "name: drill, when: situation.subject == 'aurora', until: 2026-03-02T13:00:00Z"
END = START + HOUR


def told(shell: Shell, name: str = "a") -> list[tuple[str, bool, str]]:
    """Mode, whether it is withdrawn, and time of all decisions about a situation."""
    found = [one for one in shell.messages("decisions") if one["situation"]["id"] == digest(name)]
    return [(one["mode"], one["withdrawn"], one["decided_at"]) for one in found]


def asked(shell: Shell, name: str = "a") -> list[str]:
    """When teams were asked about a situation."""
    return [at for mode, withdrawn, at in told(shell, name) if mode == "live" and not withdrawn]


def begin(*silences: str, records: list[dict[str, Any]]) -> Shell:
    """A shell under a policy with these silences that has read these situations."""
    shell = decide_shell(policy(silenced(*silences)))
    shell.feed("situations", situation_records(records))
    return shell


def test_news_of_another_situation_show_that_it_has_ended() -> None:
    """Event time has come so far: the team is asked as of the end, and of what came after the end as ever."""
    shell = begin(DRILL, records=[situation("a"), situation("b", 1, END + MINUTE)])
    assert asked(shell) == [iso(END)]
    assert asked(shell, "b") == [iso(END + MINUTE)]


def test_a_promise_that_nothing_older_comes_is_enough() -> None:
    """No news in this partition, but its sources are further."""
    shell = begin(DRILL, records=[situation("a")])
    shell.feed("situations", [watermark_record(1, UPSTREAM, END - 1)])
    shell.settle(START)
    assert asked(shell) == []
    shell.feed("situations", [watermark_record(2, UPSTREAM, END)])
    shell.settle(START)
    assert asked(shell) == [iso(END)]


@pytest.mark.parametrize(("idle", "caught_up", "times"), [(True, True, [iso(END)]), (False, True, []), (True, False, [])])
def test_when_nothing_is_left_to_read_the_wall_clock_counts(idle: bool, caught_up: bool, times: list[str]) -> None:
    """At night nobody writes; while anything may still come, event time decides."""
    shell = begin(DRILL, records=[situation("a")])
    shell.feed("situations", [watermark_record(1, UPSTREAM, START, idle=idle)], START)
    shell.tick(END, caught_up=caught_up)
    assert asked(shell) == times


def test_what_is_over_by_then_is_not_asked() -> None:
    """A situation that closes while it is silenced."""
    shell = begin(DRILL, records=[situation("a"), situation("a", 2, START + MINUTE, status="closed"), situation("b", 1, END)])
    assert asked(shell) == []


def test_another_silence_that_holds_then_goes_on() -> None:
    """The team is asked at the end of the last one that stops it, with one receipt for all."""
    longer = "name: longer, when: situation.kind == 'case', until: 2026-03-02T15:00:00Z"
    shell = begin(DRILL, longer, records=[situation("a"), situation("b", 1, END + MINUTE), situation("c", 1, END + 3 * HOUR)])
    assert told(shell) == [("suppressed", False, iso(START)), ("live", False, iso(START + 3 * HOUR))]


def test_a_silence_begins_at_its_start() -> None:
    """What happened before is asked, also when it is read later."""
    later = "name: later, when: situation.subject == 'aurora', starts: 2026-03-02T12:30:00Z, until: 2026-03-02T15:00:00Z"
    at = START + 30 * MINUTE
    shell = begin(later, records=[situation("a", 1, at - 1), situation("b", 1, at)])
    assert (asked(shell), asked(shell, "b")) == ([iso(at - 1)], [])


def test_a_silence_that_comes_again_holds_in_its_hours() -> None:
    """From 14:00 to 02:00 in Berlin, on Mondays (12:00 UTC is 13:00 there): each end asks what it stopped, and on Tuesday all is asked."""
    window = "only: {start: '14:00', end: '02:00', days: [mon], time_zone: Europe/Berlin}"
    nightly = f"name: nightly, when: situation.subject == 'aurora', until: 2026-12-01T00:00:00Z, {window}"
    opens, closes = START + HOUR, START + 13 * HOUR
    records = [
        situation("a", 1, opens - 1), situation("b", 1, opens), situation("c", 1, closes - 1), situation("d", 1, closes),
        situation("e", 1, START + 26 * HOUR), situation("f", 1, START + 170 * HOUR), situation("g", 1, START + 182 * HOUR),
    ]  # fmt: skip
    shell = begin(nightly, records=records)
    found = {name: asked(shell, name) for name in "abcdefg"}
    assert found == {
        "a": [iso(opens - 1)], "b": [iso(closes)], "c": [iso(closes)], "d": [iso(closes)], "e": [iso(START + 26 * HOUR)],
        "f": [iso(START + 181 * HOUR)], "g": [iso(START + 182 * HOUR)],
    }  # fmt: skip


def test_a_silence_that_is_ended_early_asks() -> None:
    """The policy without it is in force from the next step on: with the next news, or when nothing is left to read."""
    for quiet in (False, True):
        shell = begin(DRILL, records=[situation("a")])
        assert isinstance(shell.shard, DecideShard)
        shell.shard.use(policy())
        if quiet:
            shell.feed("situations", [watermark_record(1, UPSTREAM, START + MINUTE, idle=True)])
        else:
            shell.feed("situations", situation_records([situation("b", 1, START + MINUTE)], 1))
        shell.settle(START)
        assert asked(shell) == [iso(START + MINUTE)]


@pytest.mark.parametrize("crash_at", range(4))
def test_a_crash_changes_nothing_about_what_is_asked(crash_at: int) -> None:
    """Whatever was sent when a worker crashed is sent again as it was: by the silences that its state names, not by newer ones."""
    shell = decide_shell(policy(silenced(DRILL)))
    records = situation_records(
        [situation("a"), situation("b", 1, START + MINUTE), situation("c", 1, END + MINUTE), situation("a", 2, END + HOUR)]
    )
    for number, record in enumerate(records):
        shell.log.setdefault("situations", []).append(record)
        shell.poll("situations", 1, crash=number == crash_at)
        shell.poll("situations", 9)
    shell.restart()
    shell.settle(WALL)
    assert asked(shell) == [iso(END)] == asked(shell, "b")
    assert not [key for key in shell.state if key.startswith(b"silenced/")]


def test_what_is_forgotten_is_not_asked() -> None:
    """A silence that outlasts what decide remembers of a situation asks nobody about it."""
    long = "name: long, when: situation.reach == 10, until: 2026-06-02T13:00:00Z"
    shell = begin(
        long, records=[situation("a"), situation("b", 1, START + 40 * 24 * HOUR, reach=5), situation("c", 1, START + 100 * 24 * HOUR)]
    )
    assert asked(shell) == []
    assert not [key for key in shell.state if key.startswith(b"silenced/") and key.endswith(digest("a").encode())]
