"""Two policies over the same situations: what each team gains and loses adds up, and is told so that a person can read it."""

import re
from datetime import UTC
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.bench.many_rules import many_rules
from pipeline.backtest.diff import IN_DIGEST, Difference, compare
from pipeline.backtest.diff_report import as_json, lines
from pipeline.backtest.run import RecordedSituation, recorded
from pipeline.backtest.silence_hits import matches
from pipeline.backtest.silence_preview import preview
from pipeline.policy.load import Policy, parse_policy, with_silences
from pipeline.policy.model import Silence
from pipeline.privacy import NO_TERMS, OwnTerms
from tests.property.test_decide_laws import streams
from tests.unit.pipeline.decide.world import DEFAULT, MINUTE, POLICY, START, policy, situation

WITHOUT_PEER = policy(POLICY.replace("peers: [comms]", "peers: []"))
STRICT = policy(POLICY.replace("severity >= 0.25", "severity >= 0.6"))
SLOW = policy(POLICY.replace("{after: 30m, team: comms", "{after: 40m, team: comms"))
TIGHT = policy(POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 2, digest_after: 10m}"))
SHORT = policy(
    POLICY.replace("{per_hour: 60, burst: 100}", "{per_hour: 1, burst: 2, digest_after: 10m}").replace(
        "    priority: 50", "    priority: 50\n    not_after: 1h"
    )
)


def stream(count: int = 20, **over: Any) -> list[RecordedSituation]:
    """Cases of growing severity, one a minute."""
    made = [situation(f"s{n}", at_ms=START + n * MINUTE, **{"severity": n / count, **over}) for n in range(count)]
    return [recorded(one, one["clock"]) for one in made]


def changes(found: Difference) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(team, kind) -> gained, lost, on other terms."""
    return {(row.team, row.kind): (len(row.gained), len(row.lost), len(row.otherwise)) for row in found.rows}


def test_the_same_policy_changes_nothing() -> None:
    """No gains, no losses, and the report says so."""
    found = compare(policy(), policy(), stream())
    assert found.changes == 0
    assert set(changes(found).values()) == {(0, 0, 0)}
    assert "no team gains or loses anything" in list(lines(found))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (WITHOUT_PEER, {("comms", "review"): (0, 5, 0), ("support", "reply"): (0, 0, 0)}),
        (STRICT, {("support", "reply"): (0, 7, 0), ("comms", "review"): (0, 0, 0)}),
        (SLOW, {("support", "reply"): (0, 0, 5), ("comms", "review"): (0, 0, 5)}),
        (
            SHORT,
            {("support", "reply"): (0, 8, 2), ("support", IN_DIGEST): (8, 0, 0), ("comms", "review"): (0, 0, 0)},
        ),
        (TIGHT, {("support", "reply"): (0, 0, 0), ("comms", "review"): (0, 0, 0)}),
    ],
    ids=["a peer less", "a higher bar", "a slower escalation", "a tighter budget and an hour to react", "a tighter budget"],
)
def test_gains_and_losses_by_team_and_kind(after: Policy, expected: dict[tuple[str, str], tuple[int, int, int]]) -> None:
    """A rule's change shows where it has an effect, and only there; what a budget holds back comes later, or in a digest."""
    assert changes(compare(policy(), after, stream())) == expected


def test_attention_is_counted_per_team() -> None:
    """Messages, the busiest hour, held ones, and escalations if nobody answers."""
    found = compare(policy(), TIGHT, stream())
    before, after = found.before.attention["support"], found.after.attention["support"]
    assert (before.messages, before.busiest_hour, before.held, before.escalations) == (15, 15, 0, 5)
    assert (after.messages, after.busiest_hour, after.held, after.escalations) == (15, 2, 13, 5)
    assert found.share == found.changes / 20


def test_a_silence_is_a_difference() -> None:
    """What it matches is lost, and it is known how much that is."""
    quiet = Silence.model_validate(
        {"name": "grave", "when": "situation.severity >= 0.5", "author": "jo", "reason": "drill", "until": "2027-01-01T00:00:00Z"}
    )
    silenced = with_silences(policy(), (quiet,), "s")
    assert silenced.hash != policy().hash
    found = compare(policy(), silenced, stream())
    assert changes(found)["support", "reply"] == (0, 10, 0)
    assert matches(silenced.silences, stream(), UTC) == [10]
    assert matches((), stream(), UTC) == []


@pytest.mark.parametrize(
    ("zone", "when"),
    [("Asia/Tokyo", "local.hour >= 21"), ("America/New_York", "local.hour < 12"), ("Pacific/Auckland", "local.date == '2026-03-03'")],
)
def test_a_preview_reads_local_time_in_the_policys_zone(zone: str, when: str) -> None:
    """Noon in UTC is evening in Tokyo, morning in New York, another day in Auckland: what is left alone is what is counted."""
    silence = Silence.model_validate(
        {
            "name": "night",
            "when": f"situation.severity >= 0.5 && {when}",
            "author": "jo",
            "reason": "drill",
            "until": "2027-01-02T00:00:00Z",
        }
    )
    there = policy(POLICY.replace("version: 1", f"version: 1\ntime_zone: {zone}"))
    found = preview(there, silence, stream())
    assert (found.matched, found.unasked["support", "reply"]) == (10, 10)
    assert matches((silence,), stream(), there.zone(None)) == [10]


def test_a_preview_tells_what_a_silence_would_have_stopped() -> None:
    """As if it had held all the time, whenever it is to begin and to end; gravest first."""
    later = Silence.model_validate(
        {"name": "grave", "when": "situation.severity >= 0.5", "author": "jo", "reason": "drill", "starts": "2027-01-01T00:00:00Z",
         "until": "2027-01-02T00:00:00Z"}
    )  # fmt: skip
    found = preview(policy(), later, stream())
    assert (found.matched, found.situations, found.unasked["support", "reply"]) == (10, len({one.id for one in stream()}), 10)
    assert [ask.severity for ask in found.examples] == sorted((ask.severity for ask in found.examples), reverse=True)
    assert len(found.examples) == 5
    nothing = preview(policy(), later.model_copy(update={"when": "situation.kind == 'idea'"}), stream())
    assert (nothing.matched, nothing.unasked, nothing.examples) == (0, {}, [])


def test_examples_are_the_gravest_and_hold_no_personal_data() -> None:
    """A gain or loss shows three, gravest first, redacted."""
    text = "\n".join(lines(compare(policy(), STRICT, stream())))
    assert "support loses reply (7)" in text
    assert text.count("[case] An unhappy customer complains about baggage at Aurora Air") == 3
    assert "030 901820" not in text
    assert "jo@example.org" not in text
    found = as_json(compare(policy(), STRICT, stream()))
    lost = next(row for row in found["teams"] if row["team"] == "support")["examples"]["lost"]
    assert [one["severity"] for one in lost] == [0.55, 0.5, 0.45]
    assert orjson.loads(orjson.dumps(found))["changes"] == 7


def test_examples_keep_the_organisations_own_terms() -> None:
    """Its account is readable in what would be asked, somebody else's is not."""
    said = stream(text="@aurora my bag is lost, says @jane")
    own, nobodys = ("\n".join(lines(compare(policy(), STRICT, said, terms))) for terms in (OwnTerms(["@aurora"]), NO_TERMS))
    assert "@aurora my bag is lost, says [handle]" in own
    assert "[handle] my bag is lost, says [handle]" in nobodys


def test_the_report_says_what_was_edited_and_whom_it_costs_nothing() -> None:
    """Parts that came, went or changed are named with the fields that did; teams whose attention stays are one line."""
    edited = POLICY.replace("- name: trial", "- name: attempt").replace("severity >= 0.75", "severity >= 0.5")
    edited = edited.replace("product, attention: {per_hour: 60", "product, attention: {per_hour: 30").replace(
        "aurora: Aurora Air", "aurora: Aurora"
    )
    text = list(lines(compare(policy(), parse_policy(edited, "b"), stream())))
    assert text[2:7] == [
        "  rules added: attempt", "  rules removed: trial", "  rules changed: severe (when)", "  teams changed: product (attention)",
        "  changed: subjects",
    ]  # fmt: skip
    heading = next(number for number, line in enumerate(text) if line.startswith("attention "))
    headings = re.split(r"  +", text[heading])
    assert headings == ["attention", "messages", "busiest hour", "budget an hour", "held back", "revoked", "escalations"]
    assert text[heading + 1].split()[:4] == ["comms", "5", "->", "10"]
    assert "no team gains or loses anything" not in text
    unchanged = list(lines(compare(policy(), policy(), stream())))
    assert "attention of comms, support stays as it is" in unchanged


def test_many_rules_decide_as_the_few_they_are_made_of() -> None:
    """Two hundred rules for the bench: it is said which copies never decide and which facets never are; no team gains or loses."""
    many = parse_policy(many_rules(200), "many")
    assert len(many.rules) == 200
    assert all("never decides" in warning or "is never 'facet" in warning for warning in many.warnings)
    assert compare(DEFAULT, many, stream()).changes == 0


def test_nothing_to_compare_on() -> None:
    """Without situations nothing changes, and nothing fails."""
    found = compare(policy(), STRICT, [])
    assert (found.changes, found.situations, found.share) == (0, 0, 0.0)
    assert list(lines(found))


POLICIES = st.sampled_from((policy(), WITHOUT_PEER, STRICT, SLOW, TIGHT, parse_policy(POLICY.replace("mode: shadow", "mode: live"), "p")))


@settings(max_examples=60, deadline=None)
@given(streams(), POLICIES, POLICIES)
def test_it_adds_up_and_turns_around(messages: list[dict[str, Any]], first: Policy, second: Policy) -> None:
    """Before, plus what is gained, minus what is lost, is after; the other way round gains and losses change places."""
    situations = sorted((recorded(one, one["clock"]) for one in messages), key=lambda one: one.clock)
    there, back = compare(first, second, situations), compare(second, first, situations)
    for row in there.rows:
        assert row.before + len(row.gained) - len(row.lost) == row.after
    turned = {key: (lost, gained, otherwise) for key, (gained, lost, otherwise) in changes(back).items()}
    assert changes(there) == turned
