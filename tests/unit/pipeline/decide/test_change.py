"""One ask per situation and family of rules: figures that waver change nothing, what is graver does."""

from typing import Any

import pytest

from pipeline.decide.records import decision_id
from tests.unit.pipeline.decide.world import DEFAULT, MINUTE, POLICY, START, Shell, decide_shell, policy, situation, situation_records


def surges(*steps: dict[str, Any], minutes: int = 10, text: str | None = None) -> Shell:
    """A shell that has decided on a surge, step by step."""
    shell = decide_shell(DEFAULT if text is None else policy(text))
    base = {"kind": "surge", "severity": 0.6, "authors": 42, "events": 100}
    told = [situation("s", number, START + number * minutes * MINUTE, **(base | step)) for number, step in enumerate(steps, 1)]
    shell.feed("situations", situation_records(told))
    return shell


def share(negative: int) -> dict[str, Any]:
    """So many of a hundred are angry."""
    return {"sentiment": {"negative": negative, "neutral": 100 - negative}}


def asks(shell: Shell) -> list[tuple[str, str, bool]]:
    """Team, rule and whether it is withdrawn."""
    return [(one["team"], one["rule"], one["withdrawn"]) for one in shell.messages("decisions")]


PAGED = [("comms", "surge-negative", False), ("operations", "surge-negative", False)]


@pytest.mark.parametrize("minutes", [1, 10, 30])
@pytest.mark.parametrize(
    "wavering",
    [
        [share(45), share(35)] * 9,
        [share(100) | {"severity": severity} for severity in (0.51, 0.49)] * 9,
        [share(100) | {"severity": severity} for severity in (0.6, 0.3, 0.1, 0.55)] * 5,
    ],
    ids=["round the threshold of a rule of the same owner", "round the border of a class", "up and down"],
)
def test_wavering_figures_ask_once(wavering: list[dict[str, Any]], minutes: int) -> None:
    """Three hours and more: one page each."""
    assert asks(surges(*wavering, minutes=minutes)) == PAGED


def test_wavering_from_below_asks_for_each_level_once() -> None:
    """First a look is worth it, then a page; back and forth from there nothing."""
    found = asks(surges(*[share(35), share(45)] * 9))
    assert found == [("comms", "surge-other", False), ("product", "surge-other", False), *PAGED, ("product", "surge-other", True)]


@pytest.mark.parametrize(("later", "again"), [(0.51, False), (0.55, False), (0.56, True), (0.9, True)])
def test_a_surge_that_grows_over_the_border_of_a_class_is_another_one_by_a_margin(later: float, again: bool) -> None:
    """Asked at .46 of medium severity: .51 is high, and nothing new; by .1 more it is."""
    found = surges(share(100) | {"severity": 0.46}, share(100) | {"severity": later}, minutes=3)
    assert asks(found) == PAGED * (1 + again)


def test_who_would_be_woken_is_told_at_once() -> None:
    """A team asleep below .5 waits with .46 for the morning, and must not with .51."""
    hours = "hours: {start: '08:00', end: '20:00', wake_at: 0.5}"
    text = POLICY.replace("contact: comms-duty,", f"contact: comms-duty, {hours},")
    found = surges({"severity": 0.46}, {"severity": 0.51}, text=text)
    assert [team for team, _, _ in asks(found)] == ["comms", "support"] * 2


def test_a_stronger_kind_and_a_higher_class_take_turns_without_end_only_once() -> None:
    """A page about little and a review of much: each is told once, not each time."""
    text = POLICY.replace("situation.kind == 'surge'", "situation.kind == 'surge' && situation.severity < 0.5") + (
        "  - {name: look, when: situation.kind == 'surge' && situation.severity >= 0.5, do: review, owner: comms}\n"
    )
    shell = surges(*[{"severity": 0.6}, {"severity": 0.4}] * 9, text=text)
    assert [(team, rule) for team, rule, _ in asks(shell)] == [("comms", "look"), ("comms", "surge"), ("support", "surge")]


def test_what_is_graver_by_a_class_is_asked_again() -> None:
    """High, then critical; not critical a second time after it was high again."""
    shell = surges(*[share(100) | {"severity": severity} for severity in (0.6, 0.8, 0.6, 0.9)])
    assert asks(shell) == PAGED * 2


@pytest.mark.parametrize(
    ("changed", "dispositions"),
    [
        (POLICY.replace("- name: surge", "- name: storm"), ["unchanged"]),
        (POLICY.replace("peers: [support]", "peers: [support, product]"), ["unchanged"]),
        (POLICY.replace("peers: [support]", "peers: []"), ["unchanged"]),
        (POLICY.replace("owner: comms\n    peers: [support]", "owner: product\n    peers: [support]"), ["decided"]),
    ],
    ids=["another name", "a peer more", "a peer less", "another owner"],
)
def test_another_policy_asks_nobody_again(changed: str, dispositions: list[str]) -> None:
    """Unless somebody else is responsible."""
    shell = decide_shell(policy())
    shell.feed("situations", situation_records([situation("s", kind="surge")]))
    shell.shard.use(policy(changed))  # type: ignore[attr-defined]  # a decide shard
    shell.feed("situations", situation_records([situation("s", 2, START + MINUTE, kind="surge")], 1))
    assert shell.dispositions("situations")[1:] == dispositions


def test_a_more_important_rule_of_the_same_owner_brings_its_peers() -> None:
    """The same kind of action and class, but others are concerned as well."""
    text = POLICY + "  - {name: press, when: situation.reach > 100, do: reply, owner: support, peers: [product], priority: 95}\n"
    shell = decide_shell(policy(text))
    told = [situation("a", number, START + number * MINUTE, reach=reach) for number, reach in enumerate((10, 500, 10, 500), 1)]
    shell.feed("situations", situation_records(told))
    assert asks(shell) == [("support", "case", False), ("support", "press", False), ("product", "press", False)]


def test_a_customer_who_asks_again_is_told_of_under_the_same_decision() -> None:
    """Copies and thanks are no question."""
    shell = decide_shell(policy())
    steps = [{"complaint": 1}, {"complaint": 2}, {"complaint": 2, "praise": 1}, {"complaint": 3, "praise": 1}]
    told = [situation("a", n, START + n * MINUTE, intents=one, copies=int(n == 4)) for n, one in enumerate(steps, 1)]
    shell.feed("situations", situation_records(told))
    assert shell.dispositions("situations") == ["decided", "decided", "unchanged", "unchanged"]
    first, again = shell.messages("decisions")
    assert (again["id"], again["team"], again["situation"]["revision"]) == (first["id"], "support", 2)


def test_another_policy_decides_under_another_id() -> None:
    """The same revision decided by two policies is two decisions: who has seen one must not drop the other as known."""
    ids = {decision_id("situation", 1, policy_hash) for policy_hash in ("first", "second")}
    assert len(ids) == 2
