"""Texts in, language codes out, without the network."""

import pytest

from models import Bundle
from models.language.detect import _detector, detect_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The train was late again and nobody told us why", "en"),
        ("Der Zug hatte wieder Verspätung und niemand sagte warum", "de"),
        ("Le train était encore en retard ce matin, merci bien", "fr"),
        ("Поезд снова опоздал, и никто не сказал почему", "ru"),
        ("列車がまた遅れて、誰も理由を教えてくれませんでした", "ja"),
    ],
)
def test_plain_sentences_are_recognised(text: str, expected: str) -> None:
    """A whole sentence should be recognised, handles and links around it notwithstanding."""
    assert detect_language(f"@acme {text} http://t.co/abc #acme") == expected


@pytest.mark.parametrize("text", ["", "ok", "12345 67890", "@someone http://t.co/abc", "!!! ??? ...", "\ud83d", "\x00\r\n"])
def test_too_little_text_is_undetermined(text: str) -> None:
    """Where there is no sentence there should be no guess."""
    assert detect_language(text) == "und"


def test_only_the_bundled_model_is_used() -> None:
    """The detector should be the one in the wheel: anything else would try to download."""
    assert _detector().config.model == "lite"


def test_a_batch_keeps_its_order(bundle: Bundle) -> None:
    """One code per text, in order."""
    assert bundle.language(["This is an English sentence", "", "Dies ist ein deutscher Satz"]) == ["en", "und", "de"]
