"""Labelled texts in, a report out; wrong rows are named by line."""

import json
from pathlib import Path

import pytest

from models import Bundle, ModelError
from models.evaluate import evaluate, label_of, read_rows

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
    assert json.loads(json.dumps(report)) == report


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
    [("spam", True, "spam"), ("spam", 0, "ham"), ("spam", "spam", "spam"), ("urgency", 0.7, "urgent"), ("urgency", "normal", "normal")],
)
def test_yes_and_no_facets_take_several_spellings(facet: str, value: object, expected: str) -> None:
    """true and false, 0 to 1 and the names should all do for spam and urgency."""
    assert label_of(facet, value) == expected


@pytest.mark.parametrize(
    ("facet", "value"), [("spam", 2), ("spam", None), ("spam", "yes"), ("intent", True), ("intent", 0), ("urgency", -0.1)]
)
def test_other_values_are_refused(facet: str, value: object) -> None:
    """A value that means no label should be refused, and the labels listed."""
    with pytest.raises(ValueError, match="is none of"):
        label_of(facet, value)


@pytest.mark.parametrize(("facet", "rows"), [("mood", ROWS), ("sentiment", [])])
def test_nothing_to_evaluate_is_an_error(bundle: Bundle, facet: str, rows: list[dict[str, str]]) -> None:
    """An unknown facet, or no rows, should be told rather than scored."""
    with pytest.raises(ModelError):
        evaluate(facet, rows, bundle)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file that is absent should be named."""
    with pytest.raises(ModelError, match=r"absent\.jsonl"):
        read_rows(tmp_path / "absent.jsonl", "intent")
