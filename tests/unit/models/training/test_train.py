"""Data sets in, artefact folder out: reproducible, and only from what may be shipped."""

import gzip
from pathlib import Path

import pytest

from models import ModelError, load_bundle
from models.examples.examples import Examples
from models.examples.labels import BANKING_INTENTS, BANKING_URGENT, CLINC_INTENTS, CLINC_URGENT
from models.examples.licensed import SOURCES, read
from models.examples.teacher import feeling
from models.facets import INTENTS
from models.heads import gate
from models.heads.intent import chatter_intent
from models.heads.registry import LINEAR, facets
from models.training.card import Card
from models.training.train import train_artefact
from tests.unit.models.training.world import write_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five training sets, made up and small."""
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def trained(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    """An artefact trained on that world."""
    out = tmp_path_factory.mktemp("trained")
    return out, train_artefact(world, out, seed=7, figures=False)


def test_the_same_seed_trains_the_same_bytes(world: Path, trained: tuple[Path, Card], tmp_path: Path) -> None:
    """Two runs should write byte-identical files, one a facet, and the card should name their hash and count their rows."""
    out, card = trained
    train_artefact(world, tmp_path, seed=7, figures=False)
    files = {file.name: file.read_bytes() for file in out.glob("*.npz")}
    assert files.keys() == {"features.npz", *(f"{facet}.npz" for facet in facets())}
    assert {file.name: file.read_bytes() for file in tmp_path.glob("*.npz")} == files
    assert load_bundle(out).artefact.content_hash == card.content_sha256
    assert card.rows["spam"]["sms_spam: spam"] == 64
    assert "sms_spam" in (out / "CARD.md").read_text(encoding="utf-8")


def test_what_was_taught_is_learned(trained: tuple[Path, Card]) -> None:
    """A bundle trained on the made-up world should know its spam and its reports."""
    bundle = load_bundle(trained[0])
    news = "Media on the card flood: Affected individuals"
    judged = bundle.judge(["WIN a free garden prize! call now", "see you at the garden shop", news])
    assert judged.spam[0] > 0.5 > judged.spam[1]
    assert bundle.INTENTS[judged.intent[2]] == "report"


def test_measure_only_sets_cannot_be_learned_from(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Naming a set whose licence forbids shipping should stop training before it reads a row."""
    monkeypatch.setattr(gate.GateHead, "sources", ("sms_spam", "airline_tweets"))
    with pytest.raises(ModelError, match=r"airline_tweets \(CC BY-NC-SA 4\.0\) may be measured on, not learned from"):
        train_artefact(world, tmp_path, figures=False)


def test_every_head_learns_from_clean_sources_only() -> None:
    """No shipped head should name a measure-only set."""
    assert not [name for facet in LINEAR for name in facet.sources if SOURCES[name].measure_only]


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    """The operator should read which file is missing and how to point to it."""
    with pytest.raises(ModelError, match=r"sms_spam\.csv\.gz.*--data"):
        train_artefact(tmp_path, tmp_path / "out", figures=False)


@pytest.mark.parametrize(
    "content", [b"not gzip", gzip.compress(b"\xff\xfe"), gzip.compress(b"x" * 5000)[:25], gzip.compress(b"a,b\n1,2\n")]
)
def test_a_damaged_set_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is no gzip, no UTF-8, broke off or lacks its columns should be named."""
    (tmp_path / "sms_spam.csv.gz").write_bytes(content)
    with pytest.raises(ModelError, match=r"sms_spam\.csv\.gz.*fetch it again"):
        read(tmp_path, "sms_spam")


def test_label_tables_speak_winnows_language() -> None:
    """Every mapped label should map to an intent, and every urgent label should be one that is mapped or known."""
    assert set(BANKING_INTENTS.values()) | set(CLINC_INTENTS.values()) == set(INTENTS)
    assert set(BANKING_INTENTS) >= BANKING_URGENT
    assert CLINC_URGENT - set(CLINC_INTENTS) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ann I hate my awful phone", "complaint"),
        ("@ann thank you, this is great, I love it", "praise"),
        ("@ann are you at home?", "question"),
        ("the table is in the kitchen", "other"),
        ("great day, great weather, I love it", None),
        ("I hate this http://t.co/x", None),
    ],
)
def test_chatter_is_labelled_only_where_the_teacher_is_sure(text: str, expected: str | None) -> None:
    """Everyday posts should get a weak intent only when form and feeling agree."""
    assert chatter_intent(text) == expected


def test_the_teacher_abstains_on_other_languages() -> None:
    """An English lexicon should have no opinion on a German sentence."""
    assert feeling("Das ist leider eine sehr schlechte Nachricht für alle Fahrgäste") is None


def test_examples_count_a_text_once() -> None:
    """A repeated text should be taken once, with its first label and that label's weight."""
    rows = Examples("intent")
    rows.add("here", [("Hello ", "other"), ("hello", "praise"), (" ", "other")], {"other": 0.5})
    assert (rows.texts, rows.labels, rows.weights) == (["Hello "], ["other"], [0.5])
