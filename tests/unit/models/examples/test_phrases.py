"""Sentences of our own, filled in; and the rules that call a post advertising."""

import re

import pytest

from models.examples import phrases_service, phrases_spam, phrases_stakeholder, phrases_urgent
from models.examples.bait import is_bait
from models.examples.phrases import filled, labelled

MODULES = (phrases_service, phrases_spam, phrases_stakeholder, phrases_urgent)
TEMPLATES = [(module.__name__, name, getattr(module, name)) for module in MODULES for name in vars(module) if name.isupper()]


@pytest.mark.parametrize(("module", "name", "templates"), TEMPLATES, ids=lambda value: value if len(str(value)) < 40 else "")
def test_no_gap_is_left_open(module: str, name: str, templates: str) -> None:
    """Every template should come out as whole sentences, several different ones."""
    found = list(filled(templates))
    assert len(found) > 3 * len(templates.strip().splitlines())
    assert not [text for text in found if re.search(r"[{}|]", text)], (module, name)


def test_fillings_are_always_the_same() -> None:
    """Training must be reproducible, so the same template gives the same sentences, whatever came before it."""
    templates = "{hello|goodbye} {firm}\nwhere is my {thing}?"
    assert list(filled(templates)) == list(filled(templates))
    assert set(filled("where is my {thing}?")) <= set(filled(templates))


def test_labels_go_with_their_templates() -> None:
    """Each sentence should bear the label that its templates were given."""
    assert {label for _, label in labelled(("a", "one {x|y}"), ("b", "two"))} == {"a", "b"}
    assert all(label == ("a" if text.lower().startswith("one") else "b") for text, label in labelled(("a", "one {x|y}"), ("b", "two")))


@pytest.mark.parametrize(
    "text",
    [
        "CLICK 500 FREE FOLLOWERS http://t.co/x #a #b",
        "follow me #teamfollowback #f4f",
        "Up to 52% Off Massage http://t.co/x",
        "payday loans, no credit check",
        "subscribe to my channel",
    ],
)
def test_advertising_is_called_so(text: str) -> None:
    """What is written only to be clicked or followed should be bait."""
    assert is_bait(text)


@pytest.mark.parametrize(
    "text",
    [
        "I hate when people don't follow back",
        "my weight loss is going well",
        "Text REDCROSS to 90999 to donate for flood relief, 50% off shipping http://t.co/x",
        "new job as a specialist",
        "I paid 20% more this year",
    ],
)
def test_talk_is_not(text: str) -> None:
    """Precision counts: people speak of such things, and appeals to help are never bait."""
    assert not is_bait(text)
