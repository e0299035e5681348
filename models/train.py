"""In: the folder of data sets. Out: an artefact folder (bundle.npz, card.json, CARD.md); same seed, same bundle."""

from __future__ import annotations

import datetime
import inspect
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from threadpoolctl import threadpool_limits

from models import features, measure
from models.bundle import CARD, FILE, Bundle
from models.card import Card, licences_of
from models.datasets import SOURCES
from models.errors import ModelError
from models.facets import FACETS
from models.fit import Linear, fit
from models.heads import gate, intent, sentiment, stakeholder, urgency
from models.heads.examples import Examples
from models.quantise import assemble

HEADS: dict[str, ModuleType] = {
    "spam": gate,
    "intent": intent,
    "sentiment": sentiment,
    "urgency": urgency,
    "stakeholder": stakeholder,
}


def train(data: Path, out: Path, seed: int = 1, *, figures: bool = True) -> Card:
    """Train every facet on the licence-clean sets in `data`, measure, and write the artefact to the folder `out`.

    One thread and fixed orders: the same data, seed and library versions give the same bundle.npz, byte for byte.
    Raises ModelError where a set is missing, damaged, or not allowed to be shipped.
    """
    _refuse_measure_only()
    with threadpool_limits(limits=1):
        learned = {facet: head.examples(data) for facet, head in HEADS.items()}
        texts = sorted({text for examples in learned.values() for text in examples.texts})
        idf = features.idf_tenths(texts)
        fitted = {facet: _fit(examples, HEADS[facet], idf, seed) for facet, examples in learned.items()}
        bundle = Bundle(assemble(fitted, idf))
        card = _card(bundle, learned, fitted, seed, measure.figures(bundle, data, seed) if figures else {})
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).write_bytes(bundle.to_bytes())
    (out / CARD).write_text(card.to_json(), encoding="utf-8")
    (out / "CARD.md").write_text(card.to_markdown(), encoding="utf-8")
    return card


def _fit(examples: Examples, head: ModuleType, idf: features.Bytes, seed: int) -> Linear:
    present = set(examples.labels)
    classes = tuple(label for label in FACETS[examples.facet] if label in present)
    matrix = features.features_csr(examples.texts, idf)
    chosen = {"strength": head.STRENGTH, "balanced": head.BALANCED}
    return fit(matrix, examples.labels, examples.weights, classes, seed=seed, **chosen)


def _refuse_measure_only() -> None:
    for facet, head in HEADS.items():
        for name in head.SOURCES:
            if SOURCES[name].measure_only:
                raise ModelError(
                    f"{facet}: {name} ({SOURCES[name].licence}) may be measured on, not learned from",
                    hint=f"take it out of SOURCES in models/heads/{head.__name__.rsplit('.', 1)[-1]}.py",
                )


def _card(bundle: Bundle, learned: dict[str, Examples], fitted: dict[str, Linear], seed: int, figures: measure.Figures) -> Card:
    licences: dict[str, str] = {}
    for head in HEADS.values():
        licences |= licences_of(head.SOURCES, getattr(head, "LEXICON", False))
    return Card(
        content_sha256=bundle.artefact.content_hash,
        date=datetime.date.today().isoformat(),
        seed=seed,
        layout=features.LAYOUT,
        libraries={name: version(name) for name in ("numpy", "scipy", "scikit-learn", "numba")},
        rows={
            facet: {f"{source}: {label}": count for (source, label), count in sorted(examples.rows.items())}
            for facet, examples in learned.items()
        },
        licences=licences,
        held_out={facet: linear.held_out for facet, linear in fitted.items()},
        how={facet: inspect.cleandoc(head.__doc__ or "").split("\n\n", 1)[-1] for facet, head in HEADS.items()},
        figures=figures,
    )
