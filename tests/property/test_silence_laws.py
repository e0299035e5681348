"""Laws of silences: what is asked, and when, does not depend on batches, crashes, restarts or when the wall clock comes by."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decide.shard import DecideShard
from pipeline.policy.load import Policy
from schemas.times import iso, to_milliseconds
from tests.property.test_decide_laws import streams
from tests.unit.pipeline.decide.world import HOUR, MINUTE, POLICY, START, UPSTREAM, Shell, policy, situation_records

ENDS = st.sampled_from((1, 5, 20, 60, 180))
WINDOW = "only: {start: '12:00', end: '12:10', days: [mon]}"


def silenced(*silences: tuple[int, int, bool]) -> Policy:
    """The world's policy with silences: minutes from when and until when, and whether only in a window of ten minutes."""
    rows = [
        f"  - {{name: s{number}, when: hour >= 0 && situation.severity < {0.5 + number / 4}, author: jo, reason: r, "
        f"starts: '{iso(START + begin * MINUTE)}', until: '{iso(START + (begin + lasts) * MINUTE)}'{', ' + WINDOW if only else ''}}}\n"
        for number, (begin, lasts, only) in enumerate(silences)
    ]
    return policy(POLICY + "silences:\n" + "".join(rows))


plans = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(("done", "restart", "crash", "tick"))), max_size=12)
several = st.lists(st.tuples(st.sampled_from((0, 2, 30)), ENDS, st.booleans()), min_size=1, max_size=3)


def decided(messages: list[dict[str, Any]], chosen: Policy, plan: list[tuple[int, str]]) -> Shell:
    """Work off situations under faults, and go on until a day after all silences have ended."""
    shell = Shell(lambda: DecideShard(0, [UPSTREAM], chosen))
    shell.log["situations"] = situation_records(messages)
    for size, fault in plan:
        shell.poll("situations", size, START, crash=fault == "crash")
        if fault == "restart":
            shell.restart()
        elif fault == "tick":
            shell.tick(START, caught_up=shell.read.get("situations", 0) == len(messages))
    shell.poll("situations", len(messages), START)
    shard: Any = shell.shard
    shard.merge.watermark(UPSTREAM, max((one["clock"] for one in messages), default=START) + 24 * HOUR, idle=False)
    shell.settle(START)
    return shell


@settings(max_examples=100, deadline=None)
@given(streams(), several, plans)
def test_faults_change_nothing_about_what_is_asked(
    messages: list[dict[str, Any]], silences: list[tuple[int, int, bool]], plan: list[tuple[int, str]]
) -> None:
    """The same decisions, of the same times and reasons; nothing is remembered of silences that have ended."""
    chosen = silenced(*silences)
    disturbed, whole = decided(messages, chosen, plan), decided(messages, chosen, [])

    def told(shell: Shell) -> list[tuple[str, str, bool, str, str]]:
        found = shell.messages("decisions")
        return sorted((one["id"], one["team"], one["withdrawn"], one["decided_at"], one["mode"]) for one in found)

    assert told(disturbed) == told(whole)
    assert disturbed.settled == whole.settled
    assert not [key for key in disturbed.state if key.startswith(b"silenced/")]


@settings(max_examples=100, deadline=None)
@given(streams(), several)
def test_nobody_is_asked_during_a_silence_and_everybody_after_it(
    messages: list[dict[str, Any]], silences: list[tuple[int, int, bool]]
) -> None:
    """No live decision of a time at which a silence held for its situation; and what is still open has no receipt as its last word."""
    chosen = silenced(*silences)
    shell = decided(messages, chosen, [])
    last: dict[str, dict[str, Any]] = {}
    for one in shell.messages("decisions"):
        last[one["situation"]["id"]] = one
        if one["mode"] == "live" and not one["withdrawn"] and one["role"] == "owner" and one["situation"]["status"] != "closed":
            at, severity = to_milliseconds(one["decided_at"]), one["situation"]["severity"]
            held = [silence for number, silence in enumerate(chosen.silences) if severity < 0.5 + number / 4]
            moment = max(at, to_milliseconds(one["situation"]["updated_at"]))
            assert not [silence.name for silence in held if silence.holds_to(moment) is not None]
    open_ones = {one["id"]: one["status"] != "closed" for one in messages}
    for situation, one in last.items():
        if open_ones[situation] and one["mode"] == "suppressed":
            assert not any(reason.startswith("silence") for reason in one["against"])
