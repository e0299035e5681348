"""What may stand in a policy but hardly is meant is warned of at its line; what can never be is refused."""

import pytest

from pipeline.policy.errors import PolicyError
from pipeline.policy.load import load_policy, parse_policy
from tests.conftest import ROOT

TEAMS = "version: 1\nteams:\n  - {name: support, contact: lead}\n  - {name: comms, contact: press}\n"
RULES = "rules:\n  - {name: first, when: situation.danger > 0.9, do: page, owner: support, peers: [comms]}\n"


def rule(when: str, more: str = "do: review") -> str:
    """A policy with one more rule, on line 7."""
    return f"{TEAMS}{RULES}  - name: two\n    when: >-\n      {when}\n    owner: support\n    {more}\n"


def warned(text: str) -> list[str]:
    """Its warnings, without the file."""
    return [one.removeprefix("p:") for one in parse_policy(text, "p").warnings]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("date == '24.12.2026'", "'24.12.2026' is no date such as '2026-12-24'"),
        ("local.date >= '2026-13-01'", "'2026-13-01' is no date"),
        ("date in ['2026-12-24', 'christmas']", "'christmas' is no date"),
        ("situation.language == 'english'", "'english' is no language such as 'en' or 'de'"),
        ("'DE' in situation.languages", "'DE' is no language"),
        ("situation.languages['German'] > 3", "'German' is no language"),
        ("situation.country == 'de'", "'de' is no country such as 'GB' or 'DE' (did you mean 'DE'?)"),
        ("'UK' in situation.countries", "did you mean 'GB'?"),
        ("has(situation.countries.Germany)", "'Germany' is no country"),
        ("text.matches('Refund|money')", "asks for capitals, but text is in small letters"),
    ],
)
def test_what_no_fact_is_ever_is_refused(when: str, said: str) -> None:
    """With what it should look like."""
    with pytest.raises(PolicyError, match=r"p:") as caught:
        parse_policy(rule(when), "p")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "when",
    [
        "date >= '2026-12-24' && local.date < '2027-01-02'", "situation.language in ['en', 'zh-Hant', '']", "'de' in situation.languages",
        "situation.country in ['GB', '']", "has(situation.countries.DE)",
        r"text.matches('\\bref\\W+[A-Z0-9]{6}')", "text.matches('(?i)Refund')",
        "situation.source == 'x' || situation.source == 'our-forum'", "situation.facet in ['negative', 'complaint', 'request']",
        "situation.kind == 'surge' && situation.expected > 2.0", "situation.self_resolved || situation.urgency > 0.5",
        "text.contains('refund') || text == ''",
    ],
)  # fmt: skip
def test_what_may_be_is_not_doubted(when: str) -> None:
    """Nobody reads warnings that are wrong now and then. An operator has networks of his own."""
    assert [one for one in warned(rule(when)) if "exactly these words" not in one] == []


@pytest.mark.parametrize(
    ("when", "more", "said"),
    [
        ("situation.source == 'Mastodn'", "do: review", "no source that comes with Winnow is called 'Mastodn' (did you mean 'mastodon'?)"),
        ("'Bluesky' in situation.sources", "do: review", "did you mean 'bluesky'?"),
        ("situation.facet == 'baggage'", "do: review", "is never 'baggage': it says how people speak, complaint, question"),
        ("text == 'refund'", "do: review", "text.mentions(...) looks for them"),
        ("situation.kind == 'case' && situation.expected > 2.0", "do: review", "can never be true"),
        ("situation.kind in ['case', 'idea'] && situation.p_value < 0.5", "do: review", "can never be true"),
        ("situation.backfill && situation.urgency > 0.5", "do: review", "never asks: it matches only history"),
        ("situation.status == 'closed'", "do: page", "never asks: it matches only what is over"),
        ("situation.dual_hat && situation.urgency > 0.1", "do: reply", "never asks: guard dual_hat stops all that it matches"),
        ("situation.self_resolved", "do: review", "never asks: guard self_resolved stops all"),
        ("situation.kind == 'surge' && situation.urgency > 0.1", "do: reply", "a reply answers one author"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(when: str, more: str, said: str) -> None:
    """Once, at its rule."""
    (one,) = warned(rule(when, more))
    assert said in one
    assert "rule 'two'" in one


@pytest.mark.parametrize(
    ("when", "more"),
    [
        ("situation.dual_hat", "do: review"),
        ("situation.dual_hat", "do: reply\n    overrides: [dual_hat]"),
        ("situation.dual_hat || situation.urgency > 0.5", "do: reply"),
        ("situation.kind != 'surge' && situation.urgency > 0.5", "do: reply"),
        ("situation.backfill", "do: page\n    mode: shadow"),
    ],
)
def test_what_a_rule_may_want_is_not_warned_of(when: str, more: str) -> None:
    """The guard is overridden, does not concern what the rule does, or stops only a part of what it matches."""
    assert warned(rule(when, more)) == []


def test_who_is_never_asked() -> None:
    """A team that stands in no rule, and in no team's place; a file without rules."""
    spare = "  - {name: night, hours: {start: '22:00', end: '06:00'}}\n"
    assert warned(TEAMS + spare + RULES) == ["5: team 'night': no rule asks it"]
    assert (
        warned((TEAMS + spare + RULES).replace("contact: press", "contact: press, hours: {start: '06:00', end: '22:00'}, fallback: night"))
        == []
    )
    assert warned(TEAMS + "rules: []\n") == ["5: rules: there is none, so nobody is ever asked"]


def test_what_is_odd_about_teams() -> None:
    """No name to remind, windows that overlap, also over midnight and over the end of the week, a zone without summer time."""
    assert warned(TEAMS.replace("press", "' '") + RULES) == ["4: team 'comms': contact: it is empty, so nobody can be reminded"]
    hours = "contact: press, hours: {time_zone: %s, windows: [%s]}"
    for zone, windows, said in (
        ("EST", "{start: '08:00', end: '17:00'}", ["EST is the same all year"]),
        ("UTC", "{start: '08:00', end: '17:00'}, {start: '17:00', end: '08:00'}", []),
        ("UTC", "{start: '08:00', end: '17:00', days: [tue]}, {start: '16:59', end: '20:00', days: [tue, wed]}", ["of tue one window"]),
        ("UTC", "{start: '20:00', end: '08:01', days: [tue]}, {start: '08:00', end: '20:00'}", ["of wed one window"]),
        ("UTC", "{start: '20:00', end: '08:01', days: [sun]}, {start: '08:00', end: '20:00', days: [mon]}", ["of mon one window"]),
    ):
        found = warned(TEAMS.replace("contact: press", hours % (zone, windows)) + RULES)
        assert [one in told for one, told in zip(said, found, strict=True)] == [True] * len(said), found


def test_a_silence_that_ends_before_it_starts_is_refused() -> None:
    """It would hold never, and look as if it did."""
    silence = "silences:\n  - {name: s, when: situation.urgency > 0.5, author: jo, reason: x, until: %s, starts: '2026-12-24T00:00:00Z'}\n"
    assert parse_policy(TEAMS + RULES + silence % "'2026-12-24T00:00:01Z'", "p").silences
    with pytest.raises(PolicyError, match="ends before it starts"):
        parse_policy(TEAMS + RULES + silence % "'2026-12-24T00:00:00Z'", "p")


def test_what_we_ship_is_not_doubted() -> None:
    """The default policy and the examples."""
    for file in (None, *sorted((ROOT / "deploy" / "examples" / "policies").glob("*[a-z].yaml"))):
        if file is None or file.suffixes == [".yaml"]:
            assert load_policy(file).warnings == (), file
