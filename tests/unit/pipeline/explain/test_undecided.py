"""What `winnow explain` says of a situation on which nothing was decided: what stopped it, or how near the rules were."""

from pipeline.explain.facts import decision_facts
from pipeline.explain.narrative import Place, Story
from pipeline.explain.undecided import undecided
from pipeline.ledger.book import Book
from pipeline.policy.nearest import nearest
from tests.unit.pipeline.decide.world import POLICY, decide_shell, policy, situation, situation_records

SILENCE = "silences:\n  - {name: drill, when: situation.subject == 'aurora', author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}\n"


def test_the_silence_of_a_backfilled_case_is_named() -> None:
    """History has no receipt: nobody would have been asked anyway."""
    told = situation("a", backfill=True)
    shell = decide_shell(policy(POLICY + SILENCE))
    shell.feed("situations", situation_records([told]))
    assert shell.messages("decisions") == []
    assert undecided(policy(POLICY + SILENCE), told) == [
        "rule case would ask support to reply, were it not history",
        "against: silence drill by jo: a drill",
    ]


def test_the_nearest_rules_and_what_they_lack_are_told() -> None:
    """Those of which the fewest demands are not met, with the values of the facts."""
    told = situation("a", severity=0.2)
    assert undecided(policy(), told) == [
        "rule severe lacks situation.severity >= 0.75 (severity is 0.2)",
        "rule case lacks situation.severity >= 0.25 (severity is 0.2)",
    ]
    (first,) = nearest(policy(), situation("a", kind="idea", severity=0.2), most=1)
    assert (first.rule.name, first.missing) == ("surge", ("situation.kind == 'surge' (kind is 'idea')",))


def test_what_a_rule_lacks_is_told_in_its_local_time() -> None:
    """Noon in UTC is nine in the evening in Tokyo: not office hours there, and that is what is said."""
    text = POLICY.replace("version: 1", "version: 1\ntime_zone: Asia/Tokyo").replace(
        "situation.kind == 'case' && situation.severity >= 0.75", "situation.severity >= 0.5 && local.hour < 18"
    )
    found = {one.rule.name: one.missing for one in nearest(policy(text), situation("a", severity=0.1), most=9)}
    assert found["severe"] == ("situation.severity >= 0.5 (severity is 0.1)", "local.hour < 18 (local.hour is 21)")


def test_alternatives_are_one_demand() -> None:
    """A rule that asks for one thing or another lacks both."""
    text = POLICY.replace(
        "situation.kind == 'case' && situation.severity >= 0.75", "hour >= 0 && (situation.events > 5 || situation.reach > 50)"
    )
    found = {one.rule.name: one.missing for one in nearest(policy(text), situation("a", severity=0.1), most=9)}
    assert found["severe"] == ("situation.events > 5 || situation.reach > 50 (events is 1, reach is 10)",)


def test_brackets_at_the_end_of_a_demand_belong_to_it() -> None:
    """A call in the last alternative keeps its bracket, whatever stands in its text; so does arithmetic at the beginning."""
    text = POLICY.replace(
        "situation.kind == 'case' && situation.severity >= 0.75",
        "situation.kind == 'case' && (situation.events > 5 || text.mentions(':( sue')) && (situation.events + 1) * 2 > (9)",
    )
    (found,) = [one for one in nearest(policy(text), situation("a", severity=0.1), most=9) if one.rule.name == "severe"]
    assert found.missing == (
        "situation.events > 5 || text.mentions(':( sue') (events is 1)",
        "(situation.events + 1) * 2 > (9) (events is 1)",
    )


def test_a_decision_says_when_it_is_promised_not_when_it_expires() -> None:
    """The first escalation; where nobody is asked then, how long it is worth doing. The word that decided is named."""
    text = POLICY.replace("situation.kind == 'case' && situation.severity >= 0.75", "text.mentions('lawyer, sue')")
    shell = decide_shell(policy(text))
    shell.feed("situations", situation_records([situation("a", text="my lawyer calls"), situation("b", kind="case", severity=0.3)]))
    story = Story("x:1", "event")
    story.decisions = [decision_facts(one, Place("decisions", 0, number), Book()) for number, one in enumerate(shell.messages("decisions"))]
    lines = "\n".join(story.lines())
    assert "rule severe asks support (owner with comms) to reply within 30 minutes, or comms-duty of comms is asked" in lines
    assert "rule severe asks comms (peer) to review, worth doing for 24 hours" in lines
    assert "rule case asks support (owner) to reply, worth doing for 24 hours" in lines
    assert "the text says “lawyer”" in lines
