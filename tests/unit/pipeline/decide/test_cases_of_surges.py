"""The cases of a surge: nobody is asked about them as long as somebody is asked about the surge, and not a moment longer."""

from typing import Any

import pytest

from pipeline.decide.shard import DecideShard
from tests.unit.pipeline.decide.world import (
    MINUTE,
    POLICY,
    START,
    Shell,
    decide_shell,
    digest,
    policy,
    situation,
    situation_records,
)

SILENCE = "silences:\n  - {name: drill, when: situation.kind == 'surge', author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}\n"
SURGE = digest("s")


def surge(revision: int = 1, minutes: int = 0, **over: Any) -> dict[str, Any]:
    """The surge at some minute."""
    return situation("s", revision, START + minutes * MINUTE, **{"kind": "surge", "severity": 0.6, **over})


def case(name: str = "c", revision: int = 1, minutes: int = 0, **over: Any) -> dict[str, Any]:
    """A case that is part of it."""
    return situation(name, revision, START + minutes * MINUTE, **{"absorbed_by": SURGE, **over})


def decide(*messages: dict[str, Any], text: str = POLICY) -> Shell:
    """A shell that has decided on these situations."""
    shell = decide_shell(policy(text))
    shell.feed("situations", situation_records(messages))
    return shell


def told(shell: Shell, name: str = "c") -> list[tuple[str, str, bool]]:
    """Team, mode and whether it is withdrawn, of all records about a situation."""
    return [(one["team"], one["mode"], one["withdrawn"]) for one in shell.messages("decisions") if one["situation"]["id"] == digest(name)]


def test_a_case_is_handled_as_its_surge_while_somebody_is_asked_about_that() -> None:
    """What was asked is withdrawn when the surge absorbs the case, and a case that is born in it has a receipt."""
    shell = decide(case("c", absorbed_by=None), surge(), case("c", 2, 1), case("d", 1, 2))
    assert told(shell) == [("support", "live", False), ("support", "live", True)]
    assert told(shell, "d") == [("support", "suppressed", False)]
    assert all("guard absorbed stops rule case" in one["against"] for one in shell.messages("decisions")[-2:])


@pytest.mark.parametrize(
    "text",
    [
        POLICY.replace("situation.kind == 'surge'", "situation.kind == 'surge' && situation.severity > 0.9"),
        POLICY.replace("    priority: 90", "    priority: 90\n    mode: shadow"),
        POLICY + SILENCE,
        POLICY.replace("situation.kind == 'surge'", "situation.kind == 'idea'"),
    ],
    ids=["no rule matches it", "its rule is in shadow", "it is silenced", "no rule is about surges"],
)
def test_cases_of_a_surge_that_nobody_is_asked_about_are_asked(text: str) -> None:
    """The guard holds only while a live decision stands on the surge."""
    assert told(decide(surge(), case(), text=text)) == [("support", "live", False)]


def test_a_case_of_an_unknown_surge_is_asked() -> None:
    """Nobody is known to look after it."""
    assert told(decide(case())) == [("support", "live", False)]


@pytest.mark.parametrize("over", [{"status": "closed"}, {"self_resolved": True}], ids=["it is over", "a guard stops it"])
def test_when_a_surge_is_not_asked_about_any_more_its_cases_are_asked(over: dict[str, Any]) -> None:
    """Those that waited are decided on with the surge's own revision, each once, and with a decision of its own."""
    shell = decide(surge(), case("c", 1, 1), case("d", 1, 2), surge(2, 5, **over), surge(3, 6, **over))
    assert told(shell) == told(shell, "d") == [("support", "suppressed", False), ("support", "live", False)]
    receipt, asked = (one for one in shell.messages("decisions") if one["situation"]["id"] == digest("c"))
    assert asked["supersedes"] == receipt["id"] != asked["id"]
    assert asked["clock"] == START + 5 * MINUTE


def test_when_a_surge_is_silenced_its_cases_are_asked() -> None:
    """A silence that comes while the surge lasts counts from its next revision on."""
    shell = decide(surge(), case("c", 1, 1))
    assert isinstance(shell.shard, DecideShard)
    shell.shard.use(policy(POLICY + SILENCE))
    shell.feed("situations", situation_records([surge(2, 5)], 2))
    assert told(shell)[-1] == ("support", "live", False)


def test_cases_of_a_surge_that_became_part_of_another_one_wait_for_that() -> None:
    """While somebody is asked about the other one nothing happens; when that is over they are asked."""
    over = surge(2, 5, status="closed", absorbed_by=digest("t"))
    other = situation("t", 1, START + 5 * MINUTE, kind="surge", severity=0.6)
    shell = decide(surge(), case("c", 1, 1), over, other)
    assert told(shell) == [("support", "suppressed", False)]
    shell.feed("situations", situation_records([situation("t", 2, START + 9 * MINUTE, kind="surge", status="closed")], 4))
    assert told(shell) == [("support", "suppressed", False), ("support", "live", False)]


def test_cases_of_a_surge_that_became_part_of_a_quiet_one_are_asked() -> None:
    """The other one is told right behind, and nobody is asked about it."""
    over = surge(2, 5, status="closed", absorbed_by=digest("t"))
    shell = decide(surge(), case("c", 1, 1), over, situation("t", 1, START + 5 * MINUTE, kind="surge", self_resolved=True))
    assert told(shell)[-1] == ("support", "live", False)


def test_a_case_that_closed_meanwhile_is_not_asked() -> None:
    """It was handled as the surge, and is over."""
    shell = decide(surge(), case("c", 1, 1), case("c", 2, 2, status="closed"), surge(2, 5, status="closed"))
    assert told(shell) == [("support", "suppressed", False)]
    assert not [key for key in shell.state if key.startswith(b"absorbed/")]


def test_waiting_cases_survive_a_restart() -> None:
    """They are part of the state, and leave it when they are decided on."""
    shell = decide(surge(), case("c", 1, 1))
    shell.restart()
    shell.feed("situations", situation_records([surge(2, 5, status="closed")], 2))
    assert told(shell)[-1] == ("support", "live", False)
    assert not [key for key in shell.state if key.startswith(b"absorbed/")]
