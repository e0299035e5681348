"""Laws that every facet's estimator keeps, whatever it tells apart: one suite for all, and for any that is added."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Bundle, ModelError
from models.artefacts.artefact import fuse
from models.artefacts.files import from_bytes, to_bytes
from models.features.vectorise import idf_tenths
from models.heads.estimator import ABSTAINED, Estimator, OnlineEstimator, check_rows
from models.heads.gate import GateHead
from models.heads.language import LanguageHead
from models.heads.linear import LinearFacet
from models.heads.registry import LINEAR, facets

WORDS = ("lorry", "meadow", "violin", "glacier", "pepper", "harbour", "quartz", "yoghurt", "thistle", "anvil", "lantern", "walrus")
ODD = ["", " ", "\x00", "\x00" * 5000, "\ud800", "a\udfffb", "x" * 1_000_000, "\U0001f600" * 40, "!?" * 30, "@" * 300, "\r\n\t", "é" * 9]
TEXTS = st.lists(st.text(st.characters(codec=None), max_size=60), max_size=6)


class Weather(LinearFacet):
    """A facet that nobody registered: two lines of its own make it one."""

    name = "weather"
    labels = classes = ("dry", "wet")


class Case(NamedTuple):
    """A facet, how to make one, and rows of each of its classes that any learner tells apart."""

    name: str
    make: Callable[[], Estimator]
    rows: list[tuple[str, str]]

    def columns(self) -> tuple[list[str], list[str]]:
        """Texts and labels."""
        return [text for text, _ in self.rows], [label for _, label in self.rows]


def linear(facet: type[LinearFacet]) -> Case:
    """Each class speaks of a thing of its own, a dozen times."""
    rows = [(f"{WORDS[code]} number {at} of the {WORDS[code]}", label) for at in range(12) for code, label in enumerate(facet.classes)]
    return Case(facet.name, facet, rows)


LANGUAGE = [
    ("The train was late again and nobody told us why", "en"),
    ("I would like to return the shoes that I bought yesterday", "en"),
    ("Der Zug hatte wieder Verspätung und niemand sagte warum", "de"),
    ("Ich möchte die Schuhe zurückgeben, die ich gestern gekauft habe", "de"),
    ("Le train était encore en retard ce matin, merci bien", "fr"),
    ("Je voudrais rendre les chaussures que j'ai achetées hier", "fr"),
]
CASES = [*map(linear, (*LINEAR, Weather)), Case("language", LanguageHead, LANGUAGE)]
every_facet = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Estimator]:
    """Every facet, having learned its rows."""
    return {case.name: case.make().fit(*case.columns()) for case in CASES}


def test_every_facet_is_under_the_laws() -> None:
    """A facet in the registry should have no way around this suite."""
    assert {case.name for case in CASES} >= set(facets())


@every_facet
def test_it_says_what_it_is(case: Case, fitted: dict[str, Estimator]) -> None:
    """Name, classes and threshold should be there; classes are distinct, and among the labels that messages know."""
    facet = fitted[case.name]
    assert facet.name == case.name
    assert len(set(facet.classes)) == len(facet.classes) >= 2
    assert set(facet.classes) <= set(facet.labels)
    assert 0 < facet.threshold < 1


@every_facet
def test_probabilities_are_probabilities(case: Case, fitted: dict[str, Estimator]) -> None:
    """Finite, between 0 and 1, each row summing to 1, also for empty, huge and broken texts."""
    chances = fitted[case.name].predict_proba([*case.columns()[0], *ODD])
    assert chances.dtype == np.float32
    assert chances.shape == (len(case.rows) + len(ODD), len(fitted[case.name].classes))
    assert np.isfinite(chances).all()
    assert ((chances >= 0) & (chances <= 1)).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)


@every_facet
@settings(deadline=None, max_examples=25)
@given(texts=TEXTS, cut=st.integers(0, 6))
def test_where_a_batch_is_cut_makes_no_difference(fitted: dict[str, Estimator], case: Case, texts: list[str], cut: int) -> None:
    """A text's probabilities should be the same, bit for bit, alone and in any batch."""
    facet = fitted[case.name]
    whole = facet.predict_proba(texts)
    assert np.array_equal(whole, np.concatenate([facet.predict_proba(texts[:cut]), facet.predict_proba(texts[cut:])]))
    assert np.array_equal(whole, facet.predict_proba(texts))


@every_facet
def test_order_makes_no_difference(case: Case, fitted: dict[str, Estimator]) -> None:
    """Texts turned round should get the same answers, turned round."""
    texts = [*case.columns()[0], *ODD]
    facet = fitted[case.name]
    assert np.array_equal(facet.predict_proba(texts)[::-1], facet.predict_proba(texts[::-1]))


@every_facet
def test_no_texts_get_no_answers(case: Case, fitted: dict[str, Estimator]) -> None:
    """An empty batch should have as many columns as any other, and no rows."""
    assert fitted[case.name].predict_proba([]).shape == (0, len(fitted[case.name].classes))
    assert fitted[case.name].predict([]).shape == (0,)


@every_facet
def test_it_answers_the_most_probable_class_or_abstains_below_its_threshold(case: Case, fitted: dict[str, Estimator]) -> None:
    """`predict` should be argmax where the best class reaches the threshold, ABSTAINED exactly where it does not."""
    facet = fitted[case.name]
    texts = [*case.columns()[0], *ODD, "a", " ".join(WORDS), "the train und der Zug et le train"]
    chances, codes = facet.predict_proba(texts), facet.predict(texts)
    sure = chances.max(axis=1) >= np.float32(facet.threshold)
    assert np.array_equal(codes[sure], chances.argmax(axis=1)[sure])
    assert (codes[~sure] == ABSTAINED).all()
    assert sure.any()


@every_facet
def test_it_learns_what_is_plain(case: Case, fitted: dict[str, Estimator]) -> None:
    """The rows that it learned from are separable: the most probable class should be the right one."""
    texts, labels = case.columns()
    facet = fitted[case.name]
    assert [facet.classes[code] for code in facet.predict_proba(texts).argmax(axis=1)] == labels


@every_facet
def test_the_same_rows_teach_the_same(case: Case, fitted: dict[str, Estimator]) -> None:
    """Fitting again should give the same part, hash for hash."""
    assert case.make().fit(*case.columns()).part().digest == fitted[case.name].part().digest


@every_facet
def test_an_artefact_gives_back_the_estimator(case: Case, fitted: dict[str, Estimator]) -> None:
    """Written and read, a part should judge bit for bit as before, with the same threshold."""
    facet = fitted[case.name]
    part = facet.part()
    idf = facet.idf() if isinstance(facet, LinearFacet) else idf_tenths(["a"])
    again = from_bytes(to_bytes(fuse(idf, {case.name: part})))
    made: Any = case.make
    read = made(again.idf, again.parts[case.name]) if isinstance(facet, LinearFacet) else made(again.parts[case.name])
    texts = [*case.columns()[0], *ODD]
    assert np.array_equal(read.predict_proba(texts), facet.predict_proba(texts))
    assert (read.threshold, read.classes) == (facet.threshold, facet.classes)
    assert read.part().digest == part.digest


@every_facet
def test_a_class_without_rows_is_refused(case: Case) -> None:
    """The operator should read which facet lacks rows of which class."""
    texts, labels = case.columns()
    kept = [at for at, label in enumerate(labels) if label == labels[0]]
    with pytest.raises(ModelError, match=f"{case.name}: (no row is labelled {case.make().classes[1]}|all rows are labelled en)"):
        case.make().fit([texts[at] for at in kept], [labels[at] for at in kept])
    with pytest.raises(ModelError, match=case.name):
        case.make().fit([], [])


@pytest.mark.parametrize("facet", [*LINEAR, Weather], ids=lambda facet: facet.name)
def test_a_class_with_hardly_any_rows_is_refused(facet: type[LinearFacet]) -> None:
    """Too few rows to learn from and be calibrated on should be named with their number, not end in a splitter's error."""
    rows = linear(facet).rows
    first = facet.classes[0]
    kept = [row for row in rows if row[1] != first] + [row for row in rows if row[1] == first][:4]
    with pytest.raises(ModelError, match=rf"{facet.name}: too few rows to learn from and to test on: {first} \(4\)"):
        facet().fit([text for text, _ in kept], [label for _, label in kept])


@every_facet
@pytest.mark.parametrize(
    ("label", "weight", "told"),
    [
        ("rubbish", 1.0, "row 2: label 'rubbish' is none of"),
        (None, 1.0, "row 2: label None is none of"),
        (math.nan, 1.0, "row 2: label nan is none of"),
        ("", 1.0, "row 2: label '' is none of"),
        (..., math.nan, "row 2: weight nan is no number"),
        (..., math.inf, "row 2: weight inf is no number"),
        (..., -1.0, r"row 2: weight -1\.0 is no number"),
    ],
)
def test_rows_that_mean_nothing_are_named(case: Case, label: Any, weight: float, told: str) -> None:
    """Labels that are no class and weights that are no number should be refused by row, never learned from."""
    texts, labels = case.columns()
    weights = [1.0] * len(texts)
    weights[1] = weight
    if label is not ...:
        labels[1] = label
    with pytest.raises(ModelError, match=f"{case.name}: {told}"):
        case.make().fit(texts, labels, weights)


@every_facet
def test_columns_of_different_length_are_refused(case: Case) -> None:
    """Texts, labels and weights that do not pair should not be cut to the shortest."""
    texts, labels = case.columns()
    with pytest.raises(ModelError, match=f"{len(texts)} texts, {len(texts) - 1} labels"):
        case.make().fit(texts, labels[:-1])


def test_a_text_that_is_none_is_named() -> None:
    """A row without a text should be named."""
    with pytest.raises(ModelError, match="row 1: None is no text"):
        check_rows("spam", ("ham", "spam"), [None], ["ham"], None)  # type: ignore[list-item]


@pytest.mark.parametrize("facet", LINEAR, ids=lambda facet: facet.name)
@settings(deadline=None, max_examples=25)
@given(texts=TEXTS)
def test_the_fused_pass_says_what_the_facet_says_alone(bundle: Bundle, facet: type[LinearFacet], texts: list[str]) -> None:
    """All facets in one pass should give each the bits that it gives by itself."""
    texts = [*texts, "My card was stolen", "great service, thank you"]
    assert np.array_equal(bundle.probabilities(texts)[facet.name], bundle.estimators[facet.name].predict_proba(texts))


def test_languages_in_a_bundle_are_those_of_the_estimator(bundle: Bundle) -> None:
    """The quick way that sifting takes should name the languages that the estimator does, `und` where it abstains."""
    texts = [text for text, _ in LANGUAGE] + ["ok", "12345", "the train und der Zug", ""]
    codes = bundle.estimators["language"].predict(texts)
    assert bundle.language(texts) == ["und" if code == ABSTAINED else bundle.estimators["language"].classes[code] for code in codes]


def test_a_new_facet_is_one_class_and_one_line(fitted: dict[str, Estimator], bundle: Bundle) -> None:
    """Registered beside the others, a facet should be fused, kept in the artefact and judged in the same pass; without room, refused."""
    idf = bundle.artefact.idf
    weather = Weather(idf).fit(*next(case for case in CASES if case.name == "weather").columns())
    extended = (*(facet for facet in LINEAR if facet.name != "danger"), Weather)  # all room is taken: another one makes some
    parts = {name: part for name, part in bundle.artefact.parts.items() if name != "danger"} | {"weather": weather.part()}
    artefact = from_bytes(to_bytes(fuse(idf, parts, bundle.artefact.reference)))
    larger = Bundle(artefact, extended)
    chances = larger.probabilities([f"{WORDS[1]} of the {WORDS[1]}"])
    assert weather.classes[int(chances["weather"].argmax())] == "wet"
    assert np.array_equal(larger.probabilities(["My card was stolen"])["spam"], bundle.probabilities(["My card was stolen"])["spam"])
    assert "weather" in facets(extended)
    with pytest.raises(ModelError, match=r"weather\.npz is no facet of this release"):
        Bundle(artefact, extended[:-1])
    with pytest.raises(ModelError, match="have 25 outputs, a row has room for 23"):
        fuse(idf, artefact.parts | {"climate": weather.part(), "tide": weather.part()})


ONLINE = [case for case in CASES if hasattr(case.make, "partial_fit")]
online_facets = pytest.mark.parametrize("case", ONLINE, ids=lambda case: case.name)


def learned(case: Case, rows: Sequence[tuple[str, str]], cuts: Sequence[int] = ()) -> OnlineEstimator:
    """A facet that was fitted on its rows and then shown others, in batches."""
    facet: Any = case.make().fit(*case.columns())
    for start, stop in pairwise([0, *cuts, len(rows)]):
        facet.partial_fit([text for text, _ in rows[start:stop]], [label for _, label in rows[start:stop]])
    return facet  # type: ignore[no-any-return]


def turned(case: Case) -> list[tuple[str, str]]:
    """The same words under other labels, many times: what was right is wrong here."""
    classes = case.make().classes
    return [(text, classes[(classes.index(label) + 1) % len(classes)]) for text, label in case.rows * 6]


def test_the_gate_learns_online() -> None:
    """The facet whose truth differs from one deployment to the next should be among those that learn while they judge."""
    assert [case.name for case in ONLINE] == [GateHead.name]


@online_facets
def test_labels_turn_the_answers(case: Case) -> None:
    """Shown the contrary of what it was fitted on, a separable toy, it should come to say the contrary."""
    facet = learned(case, turned(case))
    texts, labels = zip(*turned(case), strict=True)
    assert [facet.classes[code] for code in facet.predict_proba(texts).argmax(axis=1)] == list(labels)


@online_facets
def test_fitting_again_forgets_what_came_online(case: Case, fitted: dict[str, Estimator]) -> None:
    """`fit` begins anew: afterwards nothing should be left of what was learned in between."""
    facet = learned(case, turned(case))
    assert facet.part().digest != fitted[case.name].part().digest
    assert facet.fit(*case.columns()).part().digest == fitted[case.name].part().digest


@online_facets
def test_lessons_may_be_cut_anywhere(case: Case) -> None:
    """The same labels in other batches should teach the same, bit for bit."""
    rows = turned(case)[:30]
    texts = [text for text, _ in rows]
    assert np.array_equal(learned(case, rows).predict_proba(texts), learned(case, rows, (1, 1, 7, 29)).predict_proba(texts))


@online_facets
def test_what_was_learned_online_is_kept(case: Case) -> None:
    """The part should hold what came online, up to the step of its bytes."""
    facet = learned(case, turned(case))
    assert isinstance(facet, LinearFacet)
    again = type(facet)(facet.idf(), facet.part())
    texts = [text for text, _ in case.rows]
    np.testing.assert_allclose(again.predict_proba(texts), facet.predict_proba(texts), atol=0.02)


@online_facets
def test_online_rows_are_checked_too(case: Case) -> None:
    """A label that is no class, a weight that is no number: refused by row, and nothing is learned; one class alone will do."""
    facet = learned(case, turned(case)[:4])
    before = facet.predict_proba([case.rows[0][0]])
    for label, weights in (("rubbish", [1.0]), (facet.classes[0], [math.nan])):
        with pytest.raises(ModelError, match=f"{case.name}: row 1"):
            facet.partial_fit([case.rows[0][0]], [label], weights)
    assert np.array_equal(facet.predict_proba([case.rows[0][0]]), before)
    facet.partial_fit([case.rows[0][0]], [facet.classes[0]])
    facet.partial_fit([], [])
    assert not np.array_equal(facet.predict_proba([case.rows[0][0]]), before)
