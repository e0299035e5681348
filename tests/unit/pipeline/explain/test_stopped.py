"""What `winnow explain` tells of something that a silence or a guard has stopped: what would have been asked, and what spoke against it."""

from pipeline.explain.facts import decision_facts, situation_facts
from pipeline.explain.narrative import Place, Story
from pipeline.ledger.book import Book
from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS
from tests.unit.pipeline.decide.world import POLICY, act_shell, decide_shell, decision_records, policy, situation, situation_records

SILENCE = "silences:\n  - {name: drill, when: situation.subject == 'aurora', author: jo, reason: a drill, until: 2100-01-01T00:00:00Z}\n"


def test_the_story_says_what_was_stopped_and_by_whom() -> None:
    """The rule that would have asked, its facts, the silence with author and reason, and that no team was told."""
    told = situation("a")
    shell = decide_shell(policy(POLICY + SILENCE))
    shell.feed("situations", situation_records([told]))
    act = act_shell()
    act.feed("decisions", decision_records(shell.outputs.values()))
    book = Book()
    book.add_span("decide", Span("situations", 0, 0, bytes([DISPOSITIONS["decide"].index(shell.dispositions("situations")[0])])))
    book.add_span("act", Span("decisions", 0, 0, bytes([DISPOSITIONS["act"].index(act.dispositions("decisions")[0])])))
    (receipt,) = shell.messages("decisions")
    story = Story("x:1", "event")
    story.situations = [situation_facts(told, Place("situations", 0, 0), book, "cause")]
    story.decisions = [decision_facts(receipt, Place("decisions", 0, 0), book)]
    text = "\n".join(story.lines())
    assert "situations/0/0: what would have been decided on its latest revision was stopped by a silence or a guard" in text
    assert f"decision {receipt['id']}, suppressed: rule case would have asked support (owner) to reply" in text
    assert "against: silence drill by jo: a drill" in text
    assert "decisions/0/0: withdrawn or stopped before the team was told" in text
