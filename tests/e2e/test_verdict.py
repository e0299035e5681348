"""What chaos lets pass and what not, without a broker: a judge that finds nothing would prove nothing."""

from typing import Any

import pytest

from tests.e2e.verdict import Deployed, Flowed, _actions, _same

Actions = dict[str, dict[str, Any]]


def action(id_: str, kind: str = "reply", situation: str = "s") -> Actions:
    """One action of the team support."""
    return {id_: {"action_id": id_, "kind": kind, "decision": f"of {id_}", "team": "support", "situation": situation}}


BOTH = action("a") | action("b", situation="t")
CASES: dict[str, tuple[Actions, Actions, dict[tuple[str, str], str], int, list[str]]] = {
    "the same": (BOTH, BOTH, {}, 0, []),
    "a digest, by the clock": (BOTH | action("d", "digest"), BOTH, {}, 0, []),
    "an ask that is lost": (BOTH, BOTH | action("c"), {}, 9, ["neither asked nor held"]),
    "an ask that was held": (BOTH, BOTH | action("c"), {("of c", "support"): "s"}, 0, []),
    "an ask too many": (BOTH | action("c"), BOTH, {}, 0, ["more than an undisturbed run"]),
    "an ask that the other held": (BOTH | action("c"), BOTH, {}, 1, []),
    "another one is revoked, as the second was held in the other": (
        BOTH | action("c") | action("r", "revoke"), BOTH | action("q", "revoke"), {}, 1, []),
    "a revocation of nothing that differs": (BOTH, BOTH | action("q", "revoke", "t"), {}, 9, ["1 revocations missing"]),
    "a revocation too many": (BOTH | action("q", "revoke", "t"), BOTH, {}, 9, ["1 revocations more"]),
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "held", "held_by_them", "wrong"), CASES.values(), ids=CASES)
def test_actions_differ_by_budget_only(
    ours: Actions, theirs: Actions, held: dict[tuple[str, str], str], held_by_them: int, wrong: list[str]
) -> None:
    """Whatever only one run has must have a budget behind it."""
    found = list(_actions(Deployed(Flowed(actions=ours), held), Flowed(actions=theirs, held=held_by_them), lambda _: None))
    assert len(found) == len(wrong), found
    assert all(said in line for said, line in zip(wrong, found, strict=True)), found


def test_decisions_do_not_differ_at_all() -> None:
    """One more, one less, or one action written twice and not alike."""
    written = Flowed(situations={"1"}, decisions={"1", "3"}, contradicting=["x"])
    found = list(_same(written, Flowed(situations={"1"}, decisions={"1", "2"})))
    assert [line.split(":")[1].strip() for line in found] == ["3", "2", "x"]
