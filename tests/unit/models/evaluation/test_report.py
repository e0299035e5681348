"""Labelled texts in, a report out; wrong rows are named by line."""

import json
from pathlib import Path

import pytest

from models import Bundle, ModelError
from models.evaluation.labelled import label_of, read_rows
from models.evaluation.plot import draw
from models.evaluation.report import evaluate, evaluate_trained

ROWS = [
    {"text": "this is terrible, I hate it", "sentiment": "negative"},
    {"text": "this is wonderful, I love it", "sentiment": "positive"},
    {"text": "this is awful, I hate it", "sentiment": "positive"},
]


def test_scores_count_hits_and_misses(bundle: Bundle) -> None:
    """Two hits and one miss should give the accuracy, recalls and confusion that follow from them."""
    report = evaluate("sentiment", ROWS, bundle)
    assert report.accuracy == pytest.approx(2 / 3)
    assert report.classes["positive"].recall == 0.5
    assert report.classes["positive"].precision == 1
    assert report.classes["negative"].precision == 0.5
    assert report.confusion["positive"] == {"negative": 1, "positive": 1}
    assert report.macro_f1 == pytest.approx(2 / 3)
    assert (report.rows, report.model) == (3, bundle.version)
    assert report.events_per_second > 0


def test_a_report_is_plain_json(bundle: Bundle) -> None:
    """to_json should survive a JSON round trip."""
    report = evaluate("sentiment", ROWS, bundle).to_json()
    assert json.loads(json.dumps(report))["f1"] == report["f1"] == {"negative": pytest.approx(2 / 3), "positive": pytest.approx(2 / 3)}
    assert report.keys() >= {"facet", "rows", "accuracy", "macro_f1", "f1", "ece", "events_per_second", "confusion", "abstention"}


def test_a_terminal_gets_every_class_and_the_totals(bundle: Bundle) -> None:
    """The printed report should name the model, the totals, and each class with what it was taken for."""
    lines = evaluate("sentiment", ROWS, bundle).lines()
    assert bundle.version in lines[0]
    assert "accuracy 0.667" in lines[1]
    assert any(line.startswith("positive") and line.endswith("negative:1 positive:1") for line in lines)


def test_a_file_is_evaluated_with_the_shipped_artefact(tmp_path: Path) -> None:
    """JSON lines, empty lines among them, should give the same scores as the rows; a title should count."""
    path = tmp_path / "rows.jsonl"
    lines = ['{"text": "call 09061 to claim", "title": "WINNER prize", "spam": true}', "", '{"text": "ok see you", "spam": "ham"}']
    path.write_text("\n".join(lines))
    report = evaluate("spam", read_rows(path, "spam"))
    assert (report.rows, report.accuracy) == (2, 1.0)


def test_wrong_lines_are_named_by_number(tmp_path: Path) -> None:
    """The operator should read which lines are wrong and why, the first five of them."""
    path = tmp_path / "rows.jsonl"
    good, unknown, none = '{"text": "a", "intent": "praise"}', '{"text": "a", "intent": "rant"}', '{"text": "a"}'
    path.write_text("\n".join([good, "", "not json", unknown, none, '{"intent": "praise"}', "[]", "[]", "[]"]))
    with pytest.raises(ModelError) as told:
        read_rows(path, "intent")
    message = str(told.value)
    for part in ("rows.jsonl", "line 3: no JSON object", "line 4: intent 'rant' is none of complaint", "line 5: no intent", "and 2 more"):
        assert part in message


@pytest.mark.parametrize(
    ("facet", "value", "expected"),
    [
        ("spam", True, "spam"),
        ("spam", 0, "ham"),
        ("spam", "spam", "spam"),
        ("spam", "Noise", "spam"),
        ("spam", "false", "ham"),
        ("spam", "1", "spam"),
        ("spam", "Quality", "ham"),
        ("urgency", 0.7, "urgent"),
        ("urgency", "normal", "normal"),
        ("sentiment", " POS ", "positive"),
        ("intent", "Complaint", "complaint"),
    ],
)
def test_labels_take_several_spellings(facet: str, value: object, expected: str) -> None:
    """true and false, 0 to 1 and other names that can mean one thing only should do, in any case."""
    assert label_of(facet, value) == expected


@pytest.mark.parametrize(
    ("facet", "value"),
    [("spam", 2), ("spam", None), ("spam", "yes"), ("intent", True), ("intent", 0), ("urgency", -0.1), ("sentiment", 1), ("intent", "bug")],
)
def test_other_values_are_refused(facet: str, value: object) -> None:
    """A value that means no label should be refused, and the labels listed."""
    with pytest.raises(ValueError, match="is none of"):
        label_of(facet, value)


@pytest.mark.parametrize("name", ["noise", "gate", "spam"])
@pytest.mark.parametrize("column", ["noise", "spam"])
def test_the_gate_goes_by_several_names(tmp_path: Path, bundle: Bundle, name: str, column: str) -> None:
    """Asked for as noise, gate or spam, labelled as noise or spam: the same rows should get the same scores."""
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"text": "WINNER prize! call 09061 to claim", "{column}": true}}\n{{"text": "ok see you", "{column}": "false"}}')
    report = evaluate(name, read_rows(path, name), bundle).to_json()
    assert (report["rows"], report["accuracy"], report["f1"]) == (2, 1.0, {"ham": 1.0, "spam": 1.0})


def test_what_is_irrelevant_is_judged_beside_its_subject(tmp_path: Path, bundle: Bundle) -> None:
    """Rows that do not name their subject are noise to whoever listens for it; without a subject nobody could tell."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": "my bag is lost, @Delta", "noise": "false", "subject": "delta"},
        {"text": "the river delta is lovely in May", "noise": "irrelevant", "subject": "united"},
        {"text": "a deltaplane over the hills", "noise": "irrelevant", "subject": "delta"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert evaluate("noise", read_rows(path, "noise"), bundle).accuracy == 1.0
    path.write_text(json.dumps({"text": "a", "noise": "irrelevant"}))
    with pytest.raises(ModelError, match="line 1: irrelevant to what"):
        read_rows(path, "noise")


def test_a_subject_alone_changes_nothing(tmp_path: Path, bundle: Bundle) -> None:
    """Mail has subjects, too: where no row is called irrelevant, the text alone should be judged."""
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": "ok see you", "spam": "ham", "subject": "lunch"}))
    assert evaluate("spam", read_rows(path, "spam"), bundle).accuracy == 1.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-1, 0, 1], ["negative", "neutral", "positive"]),
        (["0", "1", "2"], ["negative", "neutral", "positive"]),
        ([-1, "pos"], ["negative", "positive"]),
        ([0, 1], None),
        ([-1, 2], None),
        ([True, 2], None),
    ],
)
def test_numbers_mean_sentiments_where_the_file_says_which(tmp_path: Path, values: list[object], expected: list[str] | None) -> None:
    """-1 to 1 and 0 to 2 are both in use: 0 and 1 alone could be either, so they are refused rather than guessed."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"text": "a", "sentiment": value}) for value in values))
    if expected is None:
        with pytest.raises(ModelError, match="line 1: sentiment"):
            read_rows(path, "sentiment")
    else:
        assert [row["sentiment"] for row in read_rows(path, "sentiment")] == expected


@pytest.mark.parametrize(("facet", "rows"), [("mood", ROWS), ("sentiment", [])])
def test_nothing_to_evaluate_is_an_error(bundle: Bundle, facet: str, rows: list[dict[str, str]]) -> None:
    """An unknown facet, or no rows, should be told rather than scored."""
    with pytest.raises(ModelError):
        evaluate(facet, rows, bundle)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file that is absent should be named."""
    with pytest.raises(ModelError, match=r"absent\.jsonl"):
        read_rows(tmp_path / "absent.jsonl", "intent")


def test_the_abstention_curve_falls(bundle: Bundle) -> None:
    """Asking for more certainty should never answer more rows; without any certainty asked for, all are answered."""
    curve = evaluate("sentiment", ROWS * 5, bundle).abstention
    shares = [one.answered for one in curve]
    assert shares == sorted(shares, reverse=True)
    assert (curve[0].answered, curve[0].accuracy) == (1.0, pytest.approx(2 / 3))


def test_neglect_shows(tmp_path: Path, bundle: Bundle) -> None:
    """Where rows say who speaks or in which language, each group's error rate should be told, and how far its confidence is from it."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({**row, "language": "en" if at < 2 else "de"}) for at, row in enumerate(ROWS)))
    report = evaluate("sentiment", read_rows(path, "sentiment"), bundle)
    assert [*report.groups["language"]] == ["en", "de"]
    assert report.groups["language"]["de"].items() >= {"rows": 1.0, "error_rate": 1.0}.items()
    assert report.groups["language"]["en"].items() >= {"rows": 2.0, "error_rate": 0.0}.items()
    assert "error rate by language: en 0.000 of 2, de 1.000 of 1" in report.lines()
    sure = float(bundle.estimators["sentiment"].predict_proba([str(ROWS[2]["text"])]).max())
    assert report.groups["language"]["de"]["ece"] == pytest.approx(sure)
    assert any(line.startswith("calibration error by language: en ") and line.endswith(f"de {sure:.3f} of 1") for line in report.lines())
    assert report.predicted_groups == ("stakeholder",)


def test_neglect_shows_where_rows_do_not_say(bundle: Bundle) -> None:
    """Rows without a language, or without a stakeholder kind, should be grouped by what is detected, and the report should say so."""
    rows = [
        {"text": "The train was late again and nobody told us why", "sentiment": "negative"},
        {"text": "Der Zug hatte wieder Verspätung und niemand sagte warum", "sentiment": "negative"},
        {"text": "ok", "sentiment": "neutral", "language": "nl", "stakeholder": "customer"},
    ]
    report = evaluate("sentiment", rows, bundle)
    assert {name: one["rows"] for name, one in report.groups["language"].items()} == {"en": 1, "de": 1, "nl": 1}
    assert "customer" in report.groups["stakeholder"]
    assert sum(one["rows"] for one in report.groups["stakeholder"].values()) == 3
    assert set(report.predicted_groups) == {"language", "stakeholder"}
    assert sum("(predicted)" in line for line in report.lines()) == 4
    assert report.to_json()["predicted_groups"] == ("stakeholder", "language")


def test_a_facet_is_not_grouped_by_itself(bundle: Bundle) -> None:
    """Error rates of who speaks, by who speaks, would be the recalls once more; trained on a file, only languages are detected."""
    rows = [{"text": "Police warn residents", "stakeholder": "authority"}, {"text": "my card is lost", "stakeholder": "customer"}]
    assert evaluate("stakeholder", rows, bundle).groups.keys() == {"language"}
    assert evaluate_trained("topic", own_topics()).groups.keys() == {"language"}


def test_languages_are_judged_like_any_facet(tmp_path: Path, bundle: Bundle) -> None:
    """A file that names languages should be scored; `und` is right where there is nothing to tell, a code of no language is refused."""
    path = tmp_path / "rows.jsonl"
    lines = [("Der Zug hatte wieder Verspätung und niemand sagte warum", "de"), ("The train was late again today", "en"), ("12345", "und")]
    path.write_text("\n".join(json.dumps({"text": text, "language": code}) for text, code in lines))
    report = evaluate("language", read_rows(path, "language"), bundle)
    assert (report.rows, report.accuracy) == (3, 1.0)
    path.write_text(json.dumps({"text": "a", "language": "klingon"}))
    with pytest.raises(ModelError, match=r"line 1: language 'klingon' is none of af, als, am.* \.\.\."):
        read_rows(path, "language")


def test_what_is_left_above_the_threshold_is_told(bundle: Bundle) -> None:
    """The artefact's own threshold should be in the report: how many are answered above it, and how well."""
    report = evaluate(
        "spam", [{"text": "WINNER claim your 1000 prize now, call 09061701461", "spam": True}, {"text": "ok", "spam": False}], bundle
    )
    assert report.abstains is not None
    assert report.abstains.threshold == bundle.artefact.parts["spam"].threshold
    assert (report.abstains.answered, report.abstains.accuracy) == (1.0, 1.0)
    assert any("it abstains: 100% answered, accuracy of these 1.000" in line for line in report.lines())


@pytest.mark.parametrize("text", ["", " ", "\x00" * 50, "\ud800", "a" * 100_000, "\U0001f600" * 40, "!?" * 30])
def test_no_text_gets_a_score_that_is_no_number(bundle: Bundle, text: str) -> None:
    """Empty, huge, broken and odd texts should get probabilities between 0 and 1 in every column."""
    judged = bundle.judge([text])
    for column in (judged.spam, judged.intent_p, judged.sentiment_p, judged.urgency, judged.stakeholder_p):
        assert 0 <= column[0] <= 1
    assert -1 <= judged.sentiment_score[0] <= 1


def own_topics(copies: int = 1) -> list[dict[str, str]]:
    """Two topics that no shipped facet knows."""
    rows = [{"text": f"the parcel {n} came late", "topic": "delivery"} for n in range(20)]
    rows += [{"text": f"the invoice {n} is wrong", "topic": "billing"} for n in range(20)]
    return rows * copies


def test_topics_of_ones_own_can_be_trained() -> None:
    """Trained on the rows themselves, each judged by a model that never saw it, clear topics should be told apart; the same again."""
    report = evaluate_trained("topic", own_topics())
    assert (report.rows, report.accuracy, report.model) == (40, 1.0, "5-fold")
    again = evaluate_trained("topic", own_topics())
    assert (again.confusion, again.ece) == (report.confusion, report.ece)


def test_copies_never_straddle_folds() -> None:
    """Random labels should not be learned through copies of a text that lie in another fold."""
    rows = [{"text": f"Words {n} {n * 7919 % 1000}", "coin": str(n * 31 % 97 % 2)} for n in range(60)]
    report = evaluate_trained("coin", [row | {"text": text} for row in rows for text in (row["text"], row["text"].upper() + " ")])
    assert report.accuracy < 0.75


def test_an_event_is_judged_by_what_the_others_taught() -> None:
    """A word that means one thing in one event only should help in folds of all rows, and not where events are left out."""
    towns = ("ashford", "brinley", "corwen", "dunmore")
    rows = [
        {"text": f"{town} {word} {n}", "event": town, "topic": topic}
        for number, town in enumerate(towns)
        for n in range(12)
        for word, topic in ((f"{town}north", "shelter" if number % 2 else "road"), (f"{town}south", "road" if number % 2 else "shelter"))
    ]
    folds = evaluate_trained("topic", [{key: value for key, value in row.items() if key != "event"} for row in rows])
    events = evaluate_trained("topic", rows)
    assert (folds.model, events.model) == ("5-fold", "leave-one-event-out")
    assert folds.accuracy == 1.0
    assert events.accuracy < 0.8
    with pytest.raises(ModelError, match="all rows are of one group, ashford"):
        evaluate_trained("topic", [row for row in rows if row["event"] == "ashford"])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (own_topics()[:21], r"billing \(1\)"),
        (own_topics()[:20], "all rows are labelled delivery"),
        ([{"text": "a", "topic": ""}], "is no label"),
    ],
)
def test_empty_and_tiny_classes_are_refused(rows: list[dict[str, str]], told: str) -> None:
    """A class that cannot be both trained and tested on should be named instead of scored."""
    with pytest.raises(ModelError, match=told):
        evaluate_trained("topic", rows)


def test_a_report_can_be_drawn(tmp_path: Path) -> None:
    """With matplotlib a PNG should come out; a place that cannot be written should be named."""
    pytest.importorskip("matplotlib")
    draw(evaluate_trained("topic", own_topics()), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ModelError, match="cannot write"):
        draw(evaluate_trained("topic", own_topics()), tmp_path / "none" / "a.png")
