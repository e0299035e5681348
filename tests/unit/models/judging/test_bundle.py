"""A batch of texts in, columns of answers out, from the shipped artefact."""

import numpy as np
import pytest

from models import Bundle


def answer(bundle: Bundle, text: str, facet: str) -> str:
    """The name of the one answer to one text."""
    names = {"intent": bundle.INTENTS, "sentiment": bundle.SENTIMENTS, "stakeholder": bundle.STAKEHOLDERS}[facet]
    return names[int(getattr(bundle.judge([text]), facet)[0])]


@pytest.mark.parametrize(
    ("text", "facet", "expected"),
    [
        ("App crashes every time I open it", "intent", "complaint"),
        ("How long does a transfer take?", "intent", "question"),
        ("Please cancel my booking for tomorrow", "intent", "request"),
        ("I love the new update, great job @acme", "intent", "praise"),
        ("Police warn residents to leave, flood water is rising", "intent", "report"),
        ("don\u2019t buy this, worst phone ever", "sentiment", "negative"),
        ("thank you so much for the quick reply!", "sentiment", "positive"),
        ("Police warn residents to leave, flood water is rising", "stakeholder", "authority"),
        ("My card payment was declined, why?", "stakeholder", "customer"),
    ],
)
def test_plain_cases_are_judged_plainly(bundle: Bundle, text: str, facet: str, expected: str) -> None:
    """A text that leaves no doubt should get the answer a person would give."""
    assert answer(bundle, text, facet) == expected


def test_spam_is_told_from_an_angry_customer(bundle: Bundle) -> None:
    """A prize message should be spam, an angry complaint with a link should not."""
    spam = bundle.judge(
        ["WINNER!! claim your 1000 prize now, call 09061701461", "@acme 3 HOURS on hold!!! WORST service ever http://t.co/x"]
    ).spam
    assert spam[0] > 0.9
    assert spam[1] < 0.1


def test_theft_is_more_urgent_than_small_talk(bundle: Bundle) -> None:
    """Money being lost right now should be urgent, praise should not."""
    urgency = bundle.judge(["My card was stolen, please block it now", "lovely weather at the office today"]).urgency
    assert urgency[0] > 0.8
    assert urgency[1] < 0.1


@pytest.mark.parametrize(
    ("text", "desk"),
    [
        ("@acme thank you so much, your driver was wonderful", "comms"),
        ("lovely weather at the office today", "none"),
        ("@acme my card payment was declined twice, please help", "support"),
    ],
)
def test_praise_is_for_those_who_speak(bundle: Bundle, text: str, desk: str) -> None:
    """Praise that needs no answer should be at the desk of those who speak for the organisation, chatter at none."""
    assert bundle.DESKS[int(bundle.judge([text]).desk[0])] == desk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Merci beaucoup, service génial et personnel adorable", "positive"),
        ("Danke, der Support war wunderbar", "positive"),
        ("Una vergüenza, pésima atención y nadie contesta", "negative"),
        ("Disservizio pessimo, sono deluso e arrabbiato", "negative"),
        ("Atendimento péssimo, uma vergonha", "negative"),
        ("خدمة سيئة وتأخير كل يوم، فضيحة", "negative"),
        ("Спасибо, отличный сервис, всем рекомендую", "positive"),
        ("Harika bir hizmet, çok memnunum, teşekkürler", "positive"),
        ("Obsługa fatalna, jestem bardzo rozczarowany", "negative"),
        ("Bahut badhiya service, shukriya", "positive"),
    ],
)
def test_feeling_is_heard_outside_of_english(bundle: Bundle, text: str, expected: str) -> None:
    """What leaves no doubt should be heard in other languages, too."""
    assert answer(bundle, text, "sentiment") == expected


def test_columns_fit_the_batch(bundle: Bundle) -> None:
    """Every column should have one value per text, of the promised type and range, also for no texts at all."""
    for texts in ([], [""], ["one", "two", "three"]):
        judged = bundle.judge(texts)
        assert len(judged) == len(texts)
        for name in ("intent", "sentiment", "stakeholder", "layman", "desk"):
            assert getattr(judged, name).dtype == np.int8
        for name in ("spam", "intent_p", "sentiment_p", "urgency", "stakeholder_p", "layman_p", "desk_p", "danger"):
            column = getattr(judged, name)
            assert column.dtype == np.float32
            assert len(column) == len(texts)
            assert ((column >= 0) & (column <= 1)).all()
        assert (np.abs(judged.sentiment_score) <= 1).all()


def test_the_score_leans_the_way_of_the_answer(bundle: Bundle) -> None:
    """sentiment_score should be negative for a negative answer and positive for a positive one."""
    judged = bundle.judge(["this is terrible, I hate it", "this is wonderful, I love it"])
    assert judged.sentiment_score[0] < 0 < judged.sentiment_score[1]
    assert [bundle.SENTIMENTS[code] for code in judged.sentiment] == ["negative", "positive"]


def test_titles_are_read_before_texts(bundle: Bundle) -> None:
    """A title should count as the text's beginning, and a missing one should change nothing."""
    judged = bundle.judge(["ok", "ok"], titles=["Terrible, broken, useless", None])
    assert judged.sentiment_score[0] == bundle.judge(["Terrible, broken, useless\nok"]).sentiment_score[0]
    assert judged.sentiment_score[1] == bundle.judge(["ok"]).sentiment_score[0]


def test_titles_of_another_length_are_a_bug(bundle: Bundle) -> None:
    """Titles that do not pair with texts should be refused, not cut."""
    with pytest.raises(ValueError, match="shorter"):
        bundle.judge(["one", "two"], titles=["one"])


def test_kinds_without_training_data_are_never_answered(bundle: Bundle) -> None:
    """Who is an employee the roster says, so no confidence should be claimed for it; an investor who says so is one."""
    judged = bundle.judge(["as an employee of this company", "as a shareholder I sold my shares"])
    assert judged.stakeholder[0] != bundle.STAKEHOLDERS.index("employee")
    assert judged.stakeholder[1] == bundle.STAKEHOLDERS.index("investor")


def test_whoever_an_author_sounds_like_a_layman_is_named(bundle: Bundle) -> None:
    """Beside the likeliest stakeholder there should be customer or prospect, the same where it is one of them, else less likely."""
    texts = [
        "my flight was late again",
        "The ministry has opened an inquiry into the airline",
        "thinking of joining them",
        "news at ten",
    ]
    judged = bundle.judge(texts)
    laymen = [bundle.STAKEHOLDERS[code] for code in judged.layman]
    assert set(laymen) <= {"customer", "prospect"}
    for name, sure, layman, layman_sure in zip(judged.stakeholder, judged.stakeholder_p, judged.layman, judged.layman_p, strict=True):
        assert (name == layman) == (sure == layman_sure)
        assert layman_sure <= sure
