"""What people say in a simulated stream: about whom, in which language, and how alike."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pytest

from pipeline.sift.subjects import invented_subjects, join
from pipeline.simulation.grammar import Grammar
from pipeline.simulation.hostile import CUT_CHARACTERS, ODD, REFUSED_BYTES
from pipeline.simulation.stream import Scenario, Simulated, simulate
from schemas.sources import MAX_BYTES, Malformed, decode
from schemas.sources.typed import TEXT_LIMIT

NOT_ORGANIC = ("copy", "redelivery", "spam", "malformed", "hostile")


@pytest.fixture(scope="module")
def texts() -> list[tuple[Simulated, str]]:
    """Every sound record of a run with its text as sift sees it (title included)."""
    found = []
    for simulated in simulate(Scenario(seed=2, events=12_000)):
        decoded = decode(simulated.source, simulated.value)
        if simulated.truth["kind"] != "malformed" and not isinstance(decoded, Malformed):
            found.append((simulated, join(decoded[0]["title"], str(decoded[0]["text"]))))
    return found


def organic(texts: list[tuple[Simulated, str]]) -> Iterator[tuple[Simulated, str]]:
    """Texts that somebody thought of: no copies, campaigns or hostile ones, and no short ones that all write."""
    return ((s, text) for s, text in texts if s.truth["kind"] not in NOT_ORGANIC and s.truth["says"] != "short")


def test_texts_name_the_subject_of_their_truth(texts: list[tuple[Simulated, str]]) -> None:
    """Whatever is about a subject names it in terms that sift listens for; irrelevant texts name none."""
    subjects = invented_subjects()
    for simulated, text in texts:
        if simulated.truth["kind"] == "hostile":
            continue
        expected = () if simulated.truth["subject"] is None else (simulated.truth["subject"],)
        assert subjects.of_text(text) == expected, (simulated.truth, text)


def test_most_write_english_and_some_do_not(texts: list[tuple[Simulated, str]]) -> None:
    """English prevails; German, French and Spanish have a few percent each."""
    counts = Counter(simulated.truth["language"] for simulated, _ in texts)
    total = sum(counts.values())
    assert 0.75 < counts["en"] / total < 0.95
    assert all(counts[language] / total > 0.015 for language in ("de", "fr", "es"))


def test_organic_texts_hardly_repeat(texts: list[tuple[Simulated, str]]) -> None:
    """Fewer than one in a thousand organic texts equals another, and few are near copies (5-gram Jaccard above 0.7)."""
    by_subject = defaultdict(list)
    for simulated, text in organic(texts):
        by_subject[simulated.truth["subject"]].append(text.lower())
    total = sum(map(len, by_subject.values()))
    equal = sum(len(said) - len(set(said)) for said in by_subject.values())
    assert equal < total / 1_000
    for said in by_subject.values():
        assert float(near_twins(said[:1_500], 0.7).mean()) < 0.05


def near_twins(said: list[str], threshold: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which texts have another one whose set of hashed character 5-grams is nearly the same."""
    marks = np.zeros((len(said), 4_096), np.float32)
    for row, text in enumerate(said):
        marks[row, [crc32(text[place : place + 5].encode()) & 4_095 for place in range(len(text) - 4)]] = 1
    sizes, shared = marks.sum(1), marks @ marks.T
    jaccard = shared / np.maximum(sizes[:, None] + sizes[None] - shared, 1)
    np.fill_diagonal(jaccard, 0)
    twins: np.ndarray[tuple[int], np.dtype[np.bool_]] = jaccard.max(1) > threshold
    return twins


def test_pasted_copies_are_near_copies(texts: list[tuple[Simulated, str]]) -> None:
    """A pasted copy keeps most of the words of its original."""
    originals = {simulated.truth["event"]: text for simulated, text in texts}
    alike = []
    for simulated, text in texts:
        if simulated.truth["says"] == "paste":
            mine, theirs = set(text.lower().split()), set(originals[simulated.truth["copy_of"]].lower().split())
            alike.append(len(mine & theirs) / len(mine | theirs))
    assert len(alike) > 100
    assert sum(share > 0.6 for share in alike) > 0.95 * len(alike)


def test_one_wish_has_many_wordings(texts: list[tuple[Simulated, str]]) -> None:
    """Each idea comes from several authors, and no two of them word it in the same way."""
    ideas = defaultdict(list)
    for simulated, text in texts:
        if simulated.truth["kind"] == "wish":
            ideas[simulated.truth["idea"]].append((simulated.truth["author"], text.lower()))
    assert len(ideas) == 9
    for said in ideas.values():
        assert len({author for author, _ in said}) >= 5
        assert len({text for _, text in said}) >= 0.97 * len(said)


def test_networks_limits_are_kept(texts: list[tuple[Simulated, str]]) -> None:
    """Nobody but the hostile writes more than the network allows."""
    limits = {"x": 280, "bluesky": 300, "mastodon": 500}
    for simulated, text in texts:
        if simulated.truth["kind"] != "hostile" and simulated.truth.get("first_kind") != "hostile":
            assert len(text) <= limits.get(simulated.source, 10_000)


def test_hostile_texts_all_come_and_the_huge_one_is_cut(texts: list[tuple[Simulated, str]]) -> None:
    """Every strange but allowed text occurs and is readable; one is longer than what is kept."""
    variants = {simulated.truth["variant"]: text for simulated, text in texts if simulated.truth["kind"] == "hostile"}
    assert set(variants) == {variant for variant, _ in ODD}
    assert len(variants["huge_text"]) == CUT_CHARACTERS == TEXT_LIMIT
    assert REFUSED_BYTES == MAX_BYTES


def test_grammar_refuses_unknown_symbols() -> None:
    """A slot that no table defines is a bug and is named at once."""
    with pytest.raises(ValueError, match="nowhere"):
        Grammar({"a": "b {nowhere}"})


def test_grammar_fills_slots() -> None:
    """Symbols, bound names and ranges are filled in; the last table wins."""
    grammar = Grammar({"a": "{b} {brand} {3-3}", "b": "old"}, {"b": "new"})
    assert grammar.write("a", random.Random(0), {"brand": "Acme"}) == "new Acme 3"
