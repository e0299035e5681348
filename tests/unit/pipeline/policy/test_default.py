"""The policy that comes with Winnow makes sense out of the box: who is asked for what, on situations as correlate makes them."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.act.shard import ActShard
from pipeline.decide.shard import DecideShard
from pipeline.policy.load import load_policy
from pipeline.privacy.redaction import redact
from schemas.messages import Intent, Origin, SituationKind, Stakeholder
from tests.unit.pipeline.decide.world import (
    DECIDE,
    DEFAULT,
    HOUR,
    KEY,
    START,
    UPSTREAM,
    Shell,
    decision_records,
    situation,
    situation_records,
)
from tests.unit.pipeline.privacy.test_redaction import PERSONAL

CASE = {"kind": "case", "severity": 0.3, "urgency": 0.3}
SURGE: dict[str, Any] = {"kind": "surge", "severity": 0.6, "urgency": 0.5, "authors": 42}


def asked(**over: Any) -> list[tuple[str, str, str]]:
    """(team, what to do, rule) of the live decision on one situation, [] for none."""
    shell = Shell(lambda: DecideShard(0, [UPSTREAM], DEFAULT))
    shell.feed("situations", situation_records([situation("a", **over)]))
    return [(one["team"], one["do"], one["rule"]) for one in shell.messages("decisions") if one["mode"] == "live"]


def test_default_policy_loads_without_warnings() -> None:
    """Nothing in it looks unintended, and loading it again gives the same hash."""
    assert DEFAULT.warnings == ()
    assert load_policy(None).hash == DEFAULT.hash


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (SURGE, [("comms", "page", "surge-negative"), ("operations", "page", "surge-negative")]),
        (SURGE | {"sentiment": {"positive": 9, "negative": 1}}, [("comms", "review", "surge-other"), ("product", "review", "surge-other")]),
        (SURGE | {"origin": "coordinated"}, [("security", "page", "surge-coordinated"), ("comms", "page", "surge-coordinated")]),
        (CASE | {"urgency": 0.7}, [("support", "reply", "urgent-complaint")]),
        (CASE | {"severity": 0.6}, [("support", "reply", "severe-case"), ("comms", "review", "severe-case")]),
        (CASE, [("support", "digest", "quiet-complaint")]),
        (CASE | {"intent": "question", "urgency": 0.6}, [("support", "reply", "urgent-question")]),
        (CASE | {"intent": "question"}, [("support", "review", "quiet-question")]),
        (CASE | {"intent": "report"}, [("operations", "review", "on-the-spot")]),
        (CASE | {"intent": "praise", "reach": 5000}, []),
        (CASE | {"intent": "praise", "desks": {"comms": 1}}, [("comms", "digest", "praise")]),
        (CASE | {"intent": "praise", "desks": {"support": 1}}, [("support", "digest", "conversation")]),
        (CASE | {"intent": "other"}, []),
        (CASE | {"intent": "other", "desks": {"support": 1}}, [("support", "digest", "conversation")]),
        (CASE | {"desks": {"none": 1}}, []),
        (CASE | {"intent": "report", "desks": {"product": 1}}, [("product", "review", "software")]),
        (CASE | {"intent": "report", "desks": {"support": 1}}, [("support", "digest", "quiet-complaint")]),
        (CASE | {"intent": "report", "desks": {"comms": 1}}, [("comms", "review", "public-matter")]),
        (CASE | {"intent": "request", "desks": {"product": 1}}, [("product", "digest", "wish")]),
        (CASE | {"desks": {"hr": 1}}, [("hr", "review", "staff")]),
        (CASE | {"danger": 0.9, "desks": {"operations": 1}}, [("operations", "page", "danger"), ("support", "page", "danger")]),
        (CASE | {"danger": 0.9, "severity": 0.675}, [("support", "reply", "severe-case"), ("comms", "review", "severe-case")]),
        (
            CASE | {"danger": 0.9, "desks": {"security": 1}},
            [("security", "page", "danger-security"), ("support", "page", "danger-security")],
        ),
        (
            CASE | {"danger": 0.25, "urgency": 0.25, "desks": {"operations": 1}},
            [("operations", "review", "perhaps-danger"), ("support", "review", "perhaps-danger")],
        ),
        (
            CASE | {"danger": 0.9, "urgency": 0.25, "desks": {"security": 1}},
            [("security", "review", "security-report"), ("support", "review", "security-report")],
        ),
        (CASE | {"danger": 0.15, "desks": {"operations": 1}}, [("operations", "review", "on-the-spot")]),
        (
            CASE | {"severity": 0.6, "desks": {"operations": 1}},
            [("operations", "review", "severe-incident"), ("support", "review", "severe-incident")],
        ),
        (
            CASE | {"severity": 0.6, "desks": {"product": 1}},
            [("product", "review", "severe-software"), ("support", "review", "severe-software")],
        ),
        (CASE | {"severity": 0.6, "desks": {"comms": 1}}, [("comms", "review", "severe-public-matter")]),
        (CASE | {"intent": "praise", "desks": {"operations": 1}}, [("operations", "digest", "word-from-the-spot")]),
        (CASE | {"text": "answer or I will sue you"}, [("legal", "review", "legal-threat"), ("support", "review", "legal-threat")]),
        (CASE | {"text": "my account was stolen"}, [("security", "review", "security-report"), ("support", "review", "security-report")]),
        (CASE | {"stakeholder": "authority", "intent": "question"}, [("comms", "review", "authority"), ("legal", "review", "authority")]),
        (CASE | {"stakeholder": "media", "intent": "question"}, [("comms", "review", "media")]),
        (CASE | {"stakeholder": "investor"}, [("investors", "review", "investor"), ("comms", "review", "investor")]),
        (CASE | {"stakeholder": "partner"}, [("partners", "review", "partner")]),
        (CASE | {"dual_hat": True, "urgency": 0.9}, [("hr", "review", "dual-hat")]),
        (CASE | {"urgency": 0.9, "self_resolved": True}, []),
        (CASE | {"urgency": 0.9, "absorbed_by": "f" * 32}, [("support", "reply", "urgent-complaint")]),  # nobody is asked about that surge
        ({"kind": "idea", "authors": 7, "intent": "request"}, [("product", "idea", "idea")]),
        ({"kind": "idea", "authors": 2, "intent": "request"}, []),
    ],
)
def test_who_is_asked(over: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    """Owner first, then peers; nobody for what needs nobody."""
    assert asked(**over) == expected


def test_unanswered_surge_reaches_management() -> None:
    """After 15 minutes the head of communications, after 45 the duty manager."""
    shell = Shell(lambda: DecideShard(0, [UPSTREAM], DEFAULT))
    shell.feed("situations", situation_records([situation("a", **SURGE)]))
    chain = shell.messages("decisions")[0]["escalation"]
    assert [(one["after_seconds"], one["team"]) for one in chain] == [(900, "comms"), (2700, "management")]


anything = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(SituationKind).map(str),
        "intent": st.sampled_from(Intent).map(str),
        "stakeholder": st.sampled_from(Stakeholder).map(str),
        "origin": st.sampled_from(Origin).map(str),
        "severity": st.floats(0, 1),
        "urgency": st.floats(0, 1),
        "expected": st.floats(0, 1e300),
        "authors": st.integers(0, 2**63 - 1),
        "reach": st.integers(0, 2**63 - 1),
        "facet": st.text(st.characters(codec="utf-8"), max_size=20),
        "text": st.sampled_from([text for text, _ in PERSONAL]),
        "dual_hat": st.booleans(),
        "status": st.sampled_from(("opened", "updated", "closed")),
        "evidence": st.sampled_from((None, [])),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(anything, min_size=1, max_size=6))
def test_no_action_holds_personal_data(many: list[dict[str, Any]]) -> None:
    """Whatever is said and decided, redacting an action's texts again finds nothing more, and all messages keep the contract."""
    messages = []
    for number, one in enumerate(many):
        over = {name: value for name, value in one.items() if name != "evidence" or value is not None}
        messages.append(situation(f"s{number}", at_ms=START + number, **over))
    decide = Shell(lambda: DecideShard(0, [UPSTREAM], DEFAULT))
    decide.feed("situations", situation_records(messages))
    assert decide.messages("decisions") is not None
    act = Shell(lambda: ActShard(0, [DECIDE], DEFAULT, KEY))
    act.feed("decisions", decision_records(decide.outputs.values()))
    act.settle(START + 48 * HOUR)
    for one in act.messages("actions"):
        for text in (one["summary"], *(piece["excerpt"] for piece in one["evidence"])):
            assert redact(text) == text
        for raw, _ in PERSONAL:
            assert raw not in orjson.dumps(one).decode()
