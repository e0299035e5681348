"""What rules can ask of a situation beside its figures: local time, language, ratings, doubt, words, growth."""

from typing import Any

import orjson
import pytest

from pipeline.policy.errors import PolicyError
from pipeline.policy.evaluate import Asked, judge
from pipeline.policy.facts import facts_of
from pipeline.policy.load import Policy, parse_policy
from pipeline.policy.policy_shard import POLICY_KEY
from schemas.messages import Situation
from schemas.times import iso
from tests.unit.pipeline.correlate import world as correlate_world
from tests.unit.pipeline.decide.world import HOUR, MINUTE, START, decide_shell, situation, situation_records

TEAMS = """version: 1
%s
teams:
  - {name: berlin, contact: lead, hours: {start: '09:00', end: '17:00', time_zone: Europe/Berlin, holidays: [DE]}}
  - {name: tokyo, contact: duty, hours: {start: '09:00', end: '18:00', time_zone: Asia/Tokyo}}
  - {name: always}
rules:
"""


def ruled(*rules: str, head: str = "") -> Policy:
    """A policy of these rules, each as one line of YAML."""
    return parse_policy(TEAMS % head + "".join(f"  - {{{rule}}}\n" for rule in rules), "p")


def deciding(policy: Policy, **over: Any) -> str | None:
    """The rule that decides on a situation."""
    rule = judge(policy, situation("a", **over)).rule
    return None if rule is None else rule.name


MIDNIGHT = START + 12 * HOUR  # Monday 2026-03-02 24:00 UTC: Tuesday 01:00 in Berlin, 09:00 in Tokyo


@pytest.mark.parametrize(
    ("extra", "owner", "fact"),
    [
        ("", "berlin", "local.hour == 1 && local.weekday == 'tue' && local.date == '2026-03-03' && !local.open"),
        ("", "tokyo", "local.hour == 9 && local.open"),
        (", time_zone: America/New_York", "tokyo", "local.hour == 19 && local.weekday == 'mon' && local.open"),
        ("", "always", "local.hour == 13 && local.open"),
        ("", "always", "hour == 0 && weekday == 'tue' && date == '2026-03-03' && local.date >= '2026-03-01'"),
    ],
)
def test_local_time_is_that_of_the_rule_or_its_owner_or_the_file(extra: str, owner: str, fact: str) -> None:
    """The zone of the rule, else of its owner's hours, else of the file; facts without `local` stay in UTC."""
    policy = ruled(f'name: one, when: "{fact}", do: review, owner: {owner}{extra}', head="time_zone: Pacific/Auckland")
    assert deciding(policy, at_ms=MIDNIGHT) == "one"


def test_follow_the_sun() -> None:
    """Of two rules the one decides whose owner is at work, holidays included; the record has the local time that it saw."""
    policy = ruled(
        "name: east, when: local.open, do: review, owner: tokyo, priority: 20",
        "name: west, when: local.open, do: review, owner: berlin, priority: 10",
        "name: night, when: hour >= 0, do: review, owner: always, priority: 5",
    )
    assert deciding(policy, at_ms=MIDNIGHT) == "east"
    assert deciding(policy, at_ms=START) == "west"
    assert deciding(policy, at_ms=START + 8 * HOUR) == "night"
    labour_day = START + 60 * 24 * HOUR  # Friday 2026-05-01 12:00 UTC
    assert deciding(policy, at_ms=labour_day) == "night"
    assert judge(policy, situation("a", at_ms=MIDNIGHT)).facts["local.open"] is True


def test_rules_with_the_same_local_condition_and_other_clocks_hide_nothing() -> None:
    """`never decides` knows that local.hour of Tokyo is none of Berlin's; of the same team it is."""
    asks = 'when: "local.hour < 6", do: review'
    apart = ruled(f"name: a, {asks}, owner: tokyo, priority: 9", f"name: b, {asks}, owner: berlin, priority: 8")
    assert not [one for one in apart.warnings if "never decides" in one]
    same = ruled(f"name: a, {asks}, owner: tokyo, priority: 9", f"name: b, {asks}, owner: tokyo, priority: 8")
    assert [one for one in same.warnings if "never decides" in one]


def test_evidence_tells_language_country_rating_and_doubt() -> None:
    """The facts of what correlate writes: languages and countries counted, ratings averaged, the least sure judgement."""
    world = correlate_world.World()
    sure = {"spam": 0.1, "intent": 0.45, "sentiment": 0.9, "stakeholder": 0.9}
    said: dict[str, Any] = {"language": "pt", "country": "BR", "confidence": sure, "thread": "t"}
    pieces = [correlate_world.complaint("c1", correlate_world.START, "meu voo foi cancelado", **said)]
    pieces[0]["signal"]["rating"] = 0.25
    world.take(correlate_world.records(pieces))
    told = [orjson.loads(one.value) for one in world.outputs if one.noun == "situations" and not one.broadcast]
    Situation.model_validate(told[-1])
    seen = facts_of(told[-1])["situation"]
    assert (seen["languages"], seen["language"]) == ({"pt": 1}, "pt")
    assert (seen["countries"], seen["country"]) == ({"BR": 1}, "BR")
    assert (seen["ratings"], seen["rating"]) == (1, 0.25)
    assert seen["confidence"] == {"intent": 0.45, "sentiment": 0.9, "stakeholder": 0.9}
    policy = ruled("name: doubt, when: \"situation.confidence.intent < 0.5 && 'pt' in situation.languages\", do: review, owner: always")
    assert judge(policy, told[-1]).matched == ("doubt",)
    policy = ruled("name: brazil, when: \"situation.country == 'BR' && situation.countries.BR > 0\", do: review, owner: always")
    assert judge(policy, told[-1]).matched == ("brazil",)


def test_what_former_versions_wrote_tells_nothing_and_matches_nothing() -> None:
    """Evidence without the new fields: no language, no country, no rating, nothing doubted."""
    seen = facts_of(situation("a"))["situation"]
    assert (seen["languages"], seen["language"], seen["ratings"], seen["rating"]) == ({}, "", 0, 0.5)
    assert (seen["countries"], seen["country"]) == ({}, "")
    assert set(seen["confidence"].values()) == {1.0}
    asked = "situation.languages.pt > 0 || situation.countries.DE > 0 || situation.confidence.intent < 0.5"
    policy = ruled(f'name: doubt, when: "{asked}", do: review, owner: always')
    assert judge(policy, situation("a")).matched == ()


def test_words_are_those_that_half_of_the_evidence_shares() -> None:
    """What a surge is about, whoever says it how."""
    told = situation("a", kind="surge")
    texts = ("The lounge smells of smoke", "SMOKE in the lounge!", "smoke again", "no tea")
    told["evidence"] = [told["evidence"][0] | {"text": text} for text in texts]
    assert facts_of(told)["situation"]["words"] == ["smoke", "lounge"]
    policy = ruled("name: smoke, when: \"'smoke' in situation.words\", do: review, owner: always")
    assert judge(policy, told).matched == ("smoke",)


GROWS = (
    "name: again, when: situation.growth >= 2.0, do: page, owner: tokyo, priority: 20",
    "name: first, when: situation.kind == 'surge', do: review, owner: always, priority: 10",
)


def test_growth_counts_from_the_first_ask() -> None:
    """A surge that has doubled since somebody was asked is asked anew, once; what it grew to does not shrink by asking."""
    shell = decide_shell(ruled(*GROWS))
    counts = (10, 15, 20, 22, 40)
    told = [situation("s", n, START + n * MINUTE, kind="surge", events=count) for n, count in enumerate(counts, 1)]
    shell.feed("situations", situation_records(told))
    asked = [(one["rule"], one["situation"]["events"]) for one in shell.messages("decisions") if not one["withdrawn"]]
    assert asked == [("first", 10), ("again", 20)]


def test_growth_is_known_after_a_restart_and_ends_with_the_ask() -> None:
    """It stands in the state; a former state does not have it, and knows of no growth."""
    policy = ruled(*GROWS)
    shell = decide_shell(policy)
    shell.feed("situations", situation_records([situation("s", 1, kind="surge", events=10)]))
    shell.restart()
    shell.feed("situations", situation_records([situation("s", 2, START + MINUTE, kind="surge", events=20)], first=1))
    assert [one["rule"] for one in shell.messages("decisions") if not one["withdrawn"]] == ["first", "again"]
    old = decide_shell(policy)
    old.feed("situations", situation_records([situation("s", 1, kind="surge", events=10)]))
    for key, value in old.state.items():
        saved = orjson.loads(value)
        if key != POLICY_KEY and "standing" in saved:
            del saved["standing"]["first_events"]
            old.state[key] = orjson.dumps(saved)
    old.restart()
    old.feed("situations", situation_records([situation("s", 2, START + MINUTE, kind="surge", events=30)], first=1))
    assert [one["rule"] for one in old.messages("decisions")] == ["first"]
    assert judge(policy, situation("s", kind="surge", events=30), asked=Asked("always", 0)).matched == ("first",)


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("local.our > 3", "unknown field 'our' of local (did you mean 'hour'?); known are hour, weekday, date, open"),
        ("local.weekday == 'Mon'", "local.weekday is never 'Mon' (did you mean 'mon'?)"),
        ("local.hour > 24", "'local.hour > 24': local.hour is from 0 to 23, never 24"),
        ("local == 3", "is the whole local time"),
        ("situation.confidence.intents < 0.5", "unknown field 'intents' of situation.confidence (did you mean 'intent'?)"),
        ("situation.confidence.intent < 5.0", "situation.confidence.intent is from 0 to 1, never 5"),
        ("situation.words == 'smoke'", "situation.words is a list"),
        ("3 in situation.words", "types do not fit"),
        ("'Smoke' in situation.words", "words are in small letters; write 'smoke'"),
        ("situation.language > 3", "types do not fit"),
    ],
)
def test_wrong_use_of_a_fact_is_told(when: str, reason: str) -> None:
    """Names, closed lists, bounds and types, as for all facts."""
    with pytest.raises(PolicyError) as caught:
        ruled(f'name: one, when: "{when}", do: review, owner: always')
    assert reason in caught.value.reason


def test_dates_compare_as_texts() -> None:
    """A season is two comparisons."""
    policy = ruled("name: yule, when: \"date >= '2026-12-01' && date < '2027-01-07'\", do: review, owner: always")
    assert deciding(policy, at_ms=START) is None
    told = situation("a", updated_at=iso(START + 300 * 24 * HOUR))
    assert judge(policy, told).matched == ("yule",)
