"""Labelled texts in, a challenger out once it has earned the gate."""

import random
from itertools import pairwise

import numpy as np
import pytest

from models import Bundle, ModelError
from models.learner import WINDOW, GateLearner

CHAFF = ("gm frens new airdrop of {} tokens, wen moon", "drop your wallet for {} whitelist spots", "{} followers, dm for promo")
WHEAT = ("my order {} has not arrived", "the app logs me out {} times a day", "is branch {} open today")


def stream(count: int, seed: int = 1) -> tuple[list[str], list[bool]]:
    """Chaff of a kind that the shipped gate does not know, among wheat."""
    chance = random.Random(seed)
    noise = [chance.random() < 0.5 for _ in range(count)]
    texts = [chance.choice(CHAFF if is_noise else WHEAT).format(chance.randrange(1000)) for is_noise in noise]
    return texts, noise


def test_a_new_kind_of_chaff_is_learned_and_wins(bundle: Bundle) -> None:
    """After enough labels the challenger should beat the champion, and the exported bundle should judge like it."""
    learner = GateLearner(bundle)
    assert not learner.ready()
    learner.partial_fit(*stream(400))
    assert learner.ready()
    score = learner.contest()
    assert score.challenger_accuracy > score.champion_accuracy
    texts, noise = stream(200, seed=2)
    exported = Bundle.from_bytes(learner.export())
    judged = exported.judge(texts)
    assert ((judged.spam > 0.5) == np.array(noise)).mean() > 0.95
    np.testing.assert_allclose(judged.spam, learner.predict(texts), atol=0.05)
    assert exported.version != bundle.version
    assert np.array_equal(judged.intent_p, bundle.judge(texts).intent_p)


def test_a_challenger_that_has_learned_nothing_is_the_champion(bundle: Bundle) -> None:
    """Before the first label both gates should agree, and there should be nothing to win with."""
    learner = GateLearner(bundle)
    texts, _ = stream(20)
    np.testing.assert_allclose(learner.predict(texts), bundle.judge(texts).spam, atol=1e-6)
    assert learner.contest().p_value == 1.0


def test_coin_flips_teach_nothing(bundle: Bundle) -> None:
    """Labels without sense should not make a challenger ready."""
    learner = GateLearner(bundle)
    texts, _ = stream(600)
    chance = random.Random(3)
    learner.partial_fit(texts, [chance.random() < 0.5 for _ in texts])
    assert not learner.ready()


def test_labels_of_one_kind_are_not_enough(bundle: Bundle) -> None:
    """Being told only of chaff should not hand over the gate, however right the challenger is."""
    learner = GateLearner(bundle)
    texts = [text for text, is_noise in zip(*stream(900), strict=True) if is_noise]
    learner.partial_fit(texts, [True] * len(texts))
    assert learner.contest().challenger_accuracy > 0.9
    assert not learner.ready()


def test_batches_make_no_difference(bundle: Bundle) -> None:
    """The same labels in other batches should leave the same state, byte for byte."""
    texts, noise = stream(60)
    whole, parts = GateLearner(bundle), GateLearner(bundle)
    whole.partial_fit(texts, noise)
    for start, end in pairwise((0, 1, 7, 7, 40, 60)):
        parts.partial_fit(texts[start:end], noise[start:end])
    assert whole.state() == parts.state()


def test_state_restores_to_the_same_learner(bundle: Bundle) -> None:
    """A restored learner should predict, score and go on learning exactly as the one that was saved."""
    saved, restored = GateLearner(bundle), GateLearner(bundle)
    saved.partial_fit(*stream(80))
    restored.partial_fit(*stream(10, seed=9))
    restored.restore(saved.state())
    saved.partial_fit(*stream(20, seed=5))
    restored.partial_fit(*stream(20, seed=5))
    assert restored.state() == saved.state()
    assert restored.contest() == saved.contest()


def test_the_contest_is_over_the_latest_labels(bundle: Bundle) -> None:
    """The score should forget, so that a slow start is forgiven."""
    learner = GateLearner(bundle)
    learner.partial_fit(*stream(WINDOW + 100))
    assert learner.seen == WINDOW + 100
    assert learner.contest().labels == WINDOW


@pytest.mark.parametrize(
    "damage",
    [{"meta": b"{}"}, {"meta": b"\xff"}, {"rows": b"abc"}, {"correction": b"\x00\x00\x00\x00"}, {"rows": b"\xff\xff\xff\x7f" * 4}],
)
def test_damaged_state_is_refused_and_changes_nothing(bundle: Bundle, damage: dict[str, bytes]) -> None:
    """State that does not fit should be told, and the learner should stay as it was."""
    learner = GateLearner(bundle)
    learner.partial_fit(*stream(5))
    before = learner.state()
    with pytest.raises(ModelError):
        learner.restore(before | damage)
    assert learner.state() == before


def test_state_of_another_champion_is_refused(bundle: Bundle) -> None:
    """A correction only makes sense on top of the gate it was learned against."""
    learner = GateLearner(bundle)
    learner.partial_fit(*stream(30))
    successor = Bundle.from_bytes(learner.export())
    with pytest.raises(ModelError, match="is not the champion"):
        GateLearner(successor).restore(learner.state())
    with pytest.raises(ModelError, match="is not the champion"):
        learner.export(successor)


def test_unpaired_verdicts_are_a_bug(bundle: Bundle) -> None:
    """Texts and verdicts of different length should be refused."""
    with pytest.raises(ValueError, match="2 texts but 1 verdicts"):
        GateLearner(bundle).partial_fit(["a", "b"], [True])
