"""Situations in, decisions out: one per situation, with reasons, superseding and withdrawing as things change."""

from typing import Any

import orjson
import pytest

from pipeline.decide.shard import DecideShard, decision_id
from pipeline.policy.load import parse_policy
from pipeline.stream.stage import Record
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
    headers,
    policy,
    situation,
    situation_records,
    watermark_record,
)


def decide(*messages: dict[str, Any], text: str = POLICY) -> Shell:
    """A shell that has decided on these situations."""
    shell = decide_shell(parse_policy(text, "p"))
    shell.feed("situations", situation_records(messages))
    return shell


def test_owner_and_peers_get_one_record_each_of_the_same_decision() -> None:
    """The owner replies; its peer knows of it and reviews: only one voice answers in public."""
    shell = decide(situation("a", severity=0.8))
    owner, peer = shell.messages("decisions")
    assert (owner["team"], owner["role"], owner["do"]) == ("support", "owner", "reply")
    assert (peer["team"], peer["role"], peer["do"]) == ("comms", "peer", "review")
    assert owner["id"] == peer["id"] == decision_id(digest("a"), 1, policy().hash)
    assert owner["escalation"] == [{"after_seconds": 1800, "team": "comms", "contact": "comms-duty"}]
    assert owner["facts"] == {"situation.kind": "case", "situation.severity": 0.8}
    assert owner["matched"] == ["severe", "case"]
    assert shell.dispositions("situations") == ["decided"]


def test_exclusive_kinds_are_asked_of_the_owner_alone() -> None:
    """Peers of a page review it when the policy calls pages exclusive, and are paged too when it does not."""
    for exclusive, do in (("", "page"), ("exclusive: [page]\n", "review")):
        shell = decide_shell(policy(POLICY.replace("version: 1\n", f"version: 1\n{exclusive}")))
        shell.feed("situations", situation_records([situation("a", kind="surge")]))
        assert [one["do"] for one in shell.messages("decisions")] == ["page", do]


def test_records_are_keyed_by_team_and_carry_their_lineage() -> None:
    """Each record goes to its team's partition, with the clock and the place of the situation it comes from."""
    outputs = [one for one in decide(situation("a", severity=0.8)).outputs.values() if not one.broadcast]
    assert [(one.key, one.clock, one.lineage, one.source) for one in outputs] == [
        (b"support", START, "situations/0/0/0", "decide/situations/0"),
        (b"comms", START, "situations/0/0/1", "decide/situations/0"),
    ]


def test_unchanged_substance_emits_nothing() -> None:
    """A further post in a case of the same class leaves the decision as it is."""
    shell = decide(situation("a"), situation("a", 2, START + MINUTE, severity=0.6, events=2))
    assert shell.dispositions("situations") == ["decided", "unchanged"]
    assert len(shell.messages("decisions")) == 1


def test_change_in_substance_supersedes() -> None:
    """A case that becomes severe is decided anew; the new decision names the old one."""
    first, owner, _ = decide(situation("a"), situation("a", 2, START + MINUTE, severity=0.9)).messages("decisions")
    assert owner["rule"] == "severe"
    assert owner["supersedes"] == first["id"]


def test_team_that_is_no_longer_asked_gets_a_withdrawal() -> None:
    """When an employee turns out to speak, product reviews instead: support and its peer are told that they need not act any more."""
    text = POLICY + "  - {name: staff, when: situation.dual_hat, do: review, owner: product, priority: 10}\n"
    messages = decide(situation("a", severity=0.9), situation("a", 2, START + MINUTE, severity=0.9, dual_hat=True), text=text)
    changed = messages.messages("decisions")[2:]
    assert [(one["team"], one["rule"], one["withdrawn"]) for one in changed] == [
        ("product", "staff", False), ("support", "severe", True), ("comms", "severe", True),
    ]  # fmt: skip
    assert len({one["id"] for one in changed}) == 1


def test_no_rule_any_more_withdraws_and_a_new_match_decides_anew() -> None:
    """Nothing matches: the decision is taken back once; when a rule matches again there is a fresh one."""
    shell = decide(situation("a"), *(situation("a", n, START + n * MINUTE, severity=s) for n, s in ((2, 0.1), (3, 0.1), (4, 0.5))))
    assert shell.dispositions("situations") == ["decided", "no_rule", "no_rule", "decided"]
    assert [one["withdrawn"] for one in shell.messages("decisions")] == [False, True, False]
    assert shell.messages("decisions")[2]["supersedes"] is None


def test_older_and_repeated_revisions_are_redelivered() -> None:
    """A revision that is not newer than the last one changes nothing."""
    shell = decide(situation("a", 2), situation("a", 2), situation("a", 1, severity=0.9))
    assert shell.dispositions("situations") == ["decided", "redelivered", "redelivered"]


def test_history_is_backfill_and_never_takes_back_a_live_decision() -> None:
    """What correlate calls backfill is decided as such; a live decision stands against it, and a live one replaces it."""
    shell = decide(situation("a", backfill=True), situation("a", 2), situation("a", 3, severity=0.9, backfill=True))
    assert [one["mode"] for one in shell.messages("decisions")] == ["backfill", "live"]
    assert shell.dispositions("situations") == ["decided", "decided", "unchanged"]


def test_shadow_rule_decides_without_acting() -> None:
    """Where only a shadow rule matches the decision is a shadow one; beside a live one it is counted."""
    shell = decide(situation("a", severity=0.1, urgency=0.95), situation("b", urgency=0.95))
    shadow, live = shell.messages("decisions")
    assert (shadow["mode"], shadow["rule"]) == ("shadow", "trial")
    assert (live["mode"], live["rule"], live["matched"]) == ("live", "case", ["case", "trial"])
    assert shell.counts["shadow_match", "trial"] == 2


@pytest.mark.parametrize(("field", "value"), [("self_resolved", True), ("dual_hat", True)])
def test_guards_stop_rules_unless_overridden_by_name(field: str, value: Any) -> None:
    """Resolved threads and employees are not answered, unless a rule names the guard it overrides."""
    shell = decide(situation("a"), situation("a", 2, START + MINUTE, **{field: value}))
    assert shell.dispositions("situations") == ["decided", "suppressed"]
    withdrawal = shell.messages("decisions")[1]
    assert withdrawal["withdrawn"]
    assert f"guard {field} stops rule case" in withdrawal["against"]
    willing = POLICY.replace("    priority: 50", f"    priority: 50\n    overrides: [{field}]")
    assert decide(situation("a", **{field: value}), text=willing).dispositions("situations") == ["decided"]
    off = POLICY.replace("teams:", f"guards: {{{field}: false}}\nteams:", 1)
    assert decide(situation("a", **{field: value}), text=off).dispositions("situations") == ["decided"]


def test_dual_hat_may_be_reviewed_but_not_answered() -> None:
    """The guard for employees stops replies only: a review by the right team goes ahead."""
    review = POLICY.replace("do: reply\n    owner: support\n    priority: 50", "do: review\n    owner: product\n    priority: 50")
    (decision,) = decide(situation("a", dual_hat=True), text=review).messages("decisions")
    assert (decision["do"], decision["team"]) == ("review", "product")


def test_a_silence_ends_at_its_time() -> None:
    """At the very millisecond people are asked again, not one later."""
    silence = (
        "silences:\n  - {name: drill, when: situation.subject == 'aurora', author: jo, reason: a drill, until: 2026-03-02T13:00:00Z}\n"
    )
    end = START + HOUR
    shell = decide(situation("a", 1, end - 1), situation("b", 1, end), text=POLICY + silence)
    assert shell.dispositions("situations") == ["suppressed", "decided"]


def test_silence_stops_decisions_until_it_ends() -> None:
    """During a silence nobody is asked, and a receipt tells of what and why; at its end the team is, whenever the next news come."""
    silence = (
        "silences:\n  - {name: drill, when: situation.subject == 'aurora', author: jo, reason: a drill, until: 2026-03-02T13:00:00Z}\n"
    )
    shell = decide(situation("a"), situation("a", 2, START + 2 * HOUR), text=POLICY + silence)
    assert shell.dispositions("situations") == ["suppressed", "unchanged"]
    receipt, decision = shell.messages("decisions")
    assert (receipt["mode"], receipt["rule"], receipt["team"], receipt["escalation"]) == ("suppressed", "case", "support", [])
    assert receipt["against"] == ["silence drill by jo: a drill"]
    assert (decision["mode"], decision["supersedes"]) == ("live", receipt["id"])
    assert decision["decided_at"] == "2026-03-02T13:00:00.000Z"
    assert shell.counts["suppressed", "silence", "drill"] == 1


def test_what_stays_silenced_has_one_receipt_and_what_was_asked_is_its_own() -> None:
    """Further revisions write no second receipt; where a team had been asked, the withdrawal is its receipt, other teams get their own."""
    silence = "silences:\n  - {name: drill, when: situation.reach > 10, author: jo, reason: a drill, until: 2026-03-02T18:00:00Z}\n"
    steps = [{}, {"reach": 20}, {"reach": 30}, {"reach": 30, "severity": 0.9}, {"severity": 0.9}]
    told = [situation("a", number, START + number * MINUTE, **{"severity": 0.5, **step}) for number, step in enumerate(steps, 1)]
    shell = decide(*told, text=POLICY + silence)
    assert shell.dispositions("situations") == ["decided", "suppressed", "unchanged", "suppressed", "decided"]
    found = [(one["team"], one["mode"], one["withdrawn"]) for one in shell.messages("decisions")]
    assert found == [
        ("support", "live", False), ("support", "live", True), ("support", "suppressed", False), ("comms", "suppressed", False),
        ("support", "live", False), ("comms", "live", False),
    ]  # fmt: skip


def test_nothing_is_stopped_where_nobody_would_be_asked() -> None:
    """History and what has closed ask nobody, so that a silence stops nothing of it: no receipt."""
    silence = "silences:\n  - {name: all, when: situation.events > 0, author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}\n"
    told = situation("a", backfill=True), situation("b", status="closed"), situation("c"), situation("c", 2, backfill=True)
    shell = decide(*told, text=POLICY + silence)
    assert shell.dispositions("situations") == ["no_rule", "no_rule", "suppressed", "unchanged"]


def test_what_was_stopped_keeps_its_one_receipt_when_it_closes_and_comes_back() -> None:
    """Also when only a shadow rule matches as it closes, which the guard stops as well."""
    steps = [{}, {"status": "closed", "severity": 0.1, "urgency": 0.95}, {}]
    shell = decide(*(situation("a", number, START + number, self_resolved=True, **step) for number, step in enumerate(steps, 1)))
    assert shell.dispositions("situations") == ["suppressed", "unchanged", "unchanged"]
    assert len(shell.messages("decisions")) == 1


def test_shadow_rule_does_not_hide_what_was_stopped() -> None:
    """Where a shadow rule matches beside a silenced one, the receipt is written and the shadow rule counted."""
    silence = "silences:\n  - {name: all, when: situation.events > 0, author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}\n"
    shell = decide(situation("a", urgency=0.95), text=POLICY + silence)
    (receipt,) = shell.messages("decisions")
    assert (receipt["rule"], receipt["mode"], receipt["matched"]) == ("case", "suppressed", ["case", "trial"])
    assert shell.counts["shadow_match", "trial"] == 1


def test_contradictions_are_resolved_by_priority_and_recorded() -> None:
    """Two live rules that want different things: the higher priority decides, the other is told in ``against``."""
    text = POLICY.replace(
        "  - name: trial", "  - {name: other, when: situation.facet == 'baggage', do: review, owner: product}\n  - name: trial"
    )
    (decision,) = decide(situation("a"), text=text).messages("decisions")
    assert decision["rule"] == "case"
    assert decision["against"] == ["rule other (review by product) is outranked by case"]


def test_failing_expression_does_not_match_and_is_told() -> None:
    """A division by zero at run time is a reason and a count, the other rules decide."""
    text = POLICY.replace(
        "  - name: trial", "  - {name: odd, when: 10 / situation.copies > 3, do: review, owner: product, priority: 99}\n  - name: trial"
    )
    shell = decide(situation("a", copies=0), text=text)
    assert shell.messages("decisions")[0]["rule"] == "case"
    assert shell.messages("decisions")[0]["against"] == ["rule odd failed: division by zero in CEL expression"]
    assert shell.counts["cel_error", "odd"] == 1


def test_closed_situation_keeps_its_decision_and_gets_no_new_one() -> None:
    """Its owner is told once, under the decision's own id; a situation that is only heard of when it closes asks nobody."""
    over = [situation("a", number, START + HOUR, status="closed", severity=0.9) for number in (2, 3)]
    shell = decide(situation("a"), *over, situation("b", status="closed"))
    assert shell.dispositions("situations") == ["decided", "closed", "unchanged", "no_rule"]
    asked, told = shell.messages("decisions")
    assert (told["id"], told["team"], told["rule"], told["withdrawn"]) == (asked["id"], "support", "case", False)
    assert told["situation"]["status"] == "closed"


CALMER = POLICY.replace("kind == 'surge'", "kind == 'surge' && situation.severity >= 0.5").replace(
    "    priority: 90", "    priority: 90\n    cooldown: 1h"
)


def test_what_is_calmer_waits_for_the_cooldown_before_the_ask_is_taken_back() -> None:
    """Nothing matches for less than an hour, then it does again: nobody hears of it. After an hour without, the ask is taken back."""
    steps = [(0, 0.6), (10, 0.3), (60, 0.4), (65, 0.6), (70, 0.3), (129, 0.3), (130, 0.3)]
    told = [situation("s", n, START + minutes * MINUTE, kind="surge", severity=s) for n, (minutes, s) in enumerate(steps, 1)]
    shell = decide(*told, text=CALMER)
    assert shell.dispositions("situations") == ["decided", *["unchanged"] * 5, "no_rule"]
    assert [one["withdrawn"] for one in shell.messages("decisions")] == [False, False, True, True]


def test_who_is_asked_again_has_the_whole_cooldown_again() -> None:
    """The hour before the first ask was taken back is not counted against the second one."""
    steps = [(0, 0.6), (10, 0.3), (70, 0.3), (75, 0.6), (76, 0.3), (135, 0.3), (136, 0.3)]
    told = [situation("s", n, START + minutes * MINUTE, kind="surge", severity=s) for n, (minutes, s) in enumerate(steps, 1)]
    shell = decide(*told, text=CALMER)
    assert shell.dispositions("situations") == ["decided", "unchanged", "no_rule", "decided", "unchanged", "unchanged", "no_rule"]


def test_state_is_dropped_after_closing_and_after_long_silence() -> None:
    """A closed situation is forgotten a day later, an open one after thirty, both by event time."""
    day = 24 * HOUR
    shell = decide(situation("a"), situation("b", status="closed"))
    names = {key for key in shell.state if key.startswith(b"situation/")}
    assert len(names) == 2
    shell.feed("situations", situation_records([situation("c", at_ms=START + day)], 2))
    assert {key[10:].decode() for key in shell.state if key.startswith(b"situation/")} == {digest("a"), digest("c")}
    shell.feed("situations", situation_records([situation("d", at_ms=START + 30 * day)], 3))
    assert {key[10:].decode() for key in shell.state if key.startswith(b"situation/")} == {digest("c"), digest("d")}


def test_new_policy_decides_from_the_next_batch_and_is_on_the_decision() -> None:
    """After a reload, decisions carry the new policy's hash; what has been asked already is not asked again."""
    shell = decide(situation("a"), situation("b"))
    other = parse_policy(POLICY.replace("- name: case", "- name: other-case").replace("severity >= 0.75", "severity >= 0.4"), "p")
    assert isinstance(shell.shard, DecideShard)
    shell.shard.use(other)
    later = [situation("a", 2), situation("b", 2, severity=0.3), situation("c"), situation("a", 3, severity=0.8)]
    shell.feed("situations", situation_records(later, 2))
    assert shell.dispositions("situations")[2:] == ["unchanged", "unchanged", "decided", "decided"]
    assert {one["policy"] for one in shell.messages("decisions")[2:]} == {other.hash}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "empty"),
        (b"{", "not_json"),
        (b"[1]", "invalid"),
        (b"{}", "invalid"),
        (orjson.dumps(situation("a") | {"id": "short"}), "bad_id"),
        (orjson.dumps(situation("a") | {"severity": 2}), "invalid"),
        (orjson.dumps(situation("a") | {"revision": "1"}), "invalid"),
        (orjson.dumps(situation("a") | {"updated_at": 12}), ""),
        (orjson.dumps(situation("a") | {"opened_at": "0001-01-01T00:00:00Z"}), "bad_time"),
        (b'{"id": NaN}', "not_json"),
    ],
)
def test_unreadable_situation_is_rejected(value: bytes | None, code: str) -> None:
    """Whatever the bytes: a rejected record with a reason, never an exception."""
    shell = decide_shell()
    shell.feed("situations", [Record(0, WALL, b"k", value, headers(UPSTREAM, START))])
    assert shell.dispositions("situations") == ["rejected"]
    (output,) = (one for one in shell.outputs.values() if one.noun == "rejected")
    assert orjson.loads(output.value)["code"] in {code} if code else {"invalid", "bad_time"}


def test_unknown_fields_of_a_newer_correlate_are_ignored() -> None:
    """A field that this version does not know does not stop a situation, and does not reach the decision."""
    message = situation("a")
    message["evidence"][0]["mood"] = "blue"
    message["weather"] = "rain"
    (decision,) = decide(message).messages("decisions")
    assert "weather" not in decision["situation"]
    assert "mood" not in decision["situation"]["evidence"][0]


def test_watermarks_are_passed_on() -> None:
    """Downstream merges are told how far this shard has come, also when it decided nothing."""
    shell = decide_shell()
    shell.feed("situations", [watermark_record(0, UPSTREAM, START, idle=True)])
    (output,) = shell.outputs.values()
    assert (output.noun, output.clock, output.broadcast, output.idle) == ("decisions", START, True, True)
