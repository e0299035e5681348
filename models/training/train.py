"""`winnow train`: an artefact folder (features and one file a facet, card) from the data sets; same seed, same bytes."""

from __future__ import annotations

import datetime
import inspect
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from models.artefacts import Artefact, Reference, fuse, references_of_texts
from models.errors import ModelError
from models.evaluation import card_figures as measure
from models.examples import SOURCES, Examples
from models.features import vectorise as features
from models.heads import LINEAR, LanguageHead, LinearFacet
from models.judging import CARD, Bundle
from models.training.card import Card, licences_of

HELD = 10
"""One text in so many says what the training texts look like: length, links, language, rarity."""


def train_artefact(data: Path, out: Path, seed: int = 1, *, figures: bool = True) -> Card:
    """Train every facet on the licence-clean sets in `data`, measure, and write the artefact to the folder `out`.

    One thread and fixed orders: the same data, seed and library versions give the same files, byte for byte.
    Raises ModelError where a set is missing, damaged, or not allowed to be shipped, and where a class has no row.
    """
    _refuse_measure_only()
    with threadpool_limits(limits=1):
        learned = {facet.name: facet().examples(data) for facet in LINEAR}
        texts = sorted({text for examples in learned.values() for text in examples.texts})
        idf = features.idf_tenths(texts)
        fitted = {facet.name: _fit(facet(idf), learned[facet.name], seed) for facet in LINEAR}
        bundle = Bundle(_artefact(fitted, idf, texts))
        card = _card(bundle, learned, fitted, seed, measure.figures(bundle, data, seed) if figures else {})
    write(bundle, card, out)
    return card


def write(bundle: Bundle, card: Card, out: Path) -> None:
    """Write the artefact's files and its card; .npz files of another artefact are taken away."""
    out.mkdir(parents=True, exist_ok=True)
    files = bundle.to_files()
    for stale in set(out.glob("*.npz")) - {out / name for name in files}:
        stale.unlink()
    for name, content in files.items():
        (out / name).write_bytes(content)
    (out / CARD).write_text(card.to_json(), encoding="utf-8")
    (out / "CARD.md").write_text(card.to_markdown(), encoding="utf-8")


def _fit(facet: LinearFacet, examples: Examples, seed: int) -> LinearFacet:
    return facet.fit(examples.texts, examples.labels, examples.weights, seed=seed)


def _artefact(fitted: dict[str, LinearFacet], idf: features.Bytes, texts: list[str]) -> Artefact:
    sample = texts[::HELD]
    language = LanguageHead()
    answers = language.predict(sample)
    shares = np.bincount(np.where(answers < 0, len(language.classes), answers), minlength=len(language.labels)) / max(1, len(sample))
    spoken = Reference(answers=tuple(round(float(share), 6) for share in shares))
    parts = {name: facet.part() for name, facet in fitted.items()} | {language.name: language.part()}
    return fuse(idf, parts, {**references_of_texts(sample, idf), language.name: spoken})


def _refuse_measure_only() -> None:
    for facet in LINEAR:
        for name in facet.sources:
            if SOURCES[name].measure_only:
                raise ModelError(
                    f"{facet.name}: {name} ({SOURCES[name].licence}) may be measured on, not learned from",
                    hint=f"take it out of SOURCES in {facet.__module__.replace('.', '/')}.py",
                )


def _card(bundle: Bundle, learned: dict[str, Examples], fitted: dict[str, LinearFacet], seed: int, figures: measure.Figures) -> Card:
    licences: dict[str, str] = {}
    for facet in LINEAR:
        licences |= licences_of(facet.sources, facet.lexicon)
    return Card(
        content_sha256=bundle.artefact.content_hash,
        parts={name: part.digest for name, part in bundle.artefact.parts.items()},
        abstain_below={name: part.threshold for name, part in bundle.artefact.parts.items()},
        date=datetime.date.today().isoformat(),
        seed=seed,
        layout=features.LAYOUT,
        libraries={name: version(name) for name in ("numpy", "scipy", "scikit-learn", "numba")},
        rows={
            name: {f"{source}: {label}": count for (source, label), count in sorted(examples.rows.items())}
            for name, examples in learned.items()
        },
        licences=licences,
        held_out={name: facet.held_out for name, facet in fitted.items()},
        how={facet.name: _how(facet) for facet in LINEAR},
        figures=figures,
    )


def _how(facet: type[LinearFacet]) -> str:
    """What the facet's file says of its rows: its docstring behind the first line."""
    return inspect.cleandoc(sys.modules[facet.__module__].__doc__ or "").split("\n\n", 1)[-1]
