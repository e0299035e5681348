"""What the heads learn from: licensed sets, our own phrases, the lexicon as teacher."""

from models.examples import phrases_service, phrases_spam, phrases_stakeholder
from models.examples.bait import is_bait
from models.examples.examples import Examples, addressed, thinned
from models.examples.judged_posts import JUDGED, judged
from models.examples.labels import BANKING_INTENTS, BANKING_URGENT, CLINC_INTENTS, CLINC_URGENT, STAKEHOLDER_OF_SOURCE
from models.examples.licensed import SOURCES, Row, read
from models.examples.moods import MOODS, moods
from models.examples.phrases import labelled
from models.examples.phrases_urgent import CALM, URGENT
from models.examples.teacher import compound, feeling, lexicon_terms, rated_terms

__all__ = [
    "BANKING_INTENTS",
    "BANKING_URGENT",
    "CALM",
    "CLINC_INTENTS",
    "CLINC_URGENT",
    "JUDGED",
    "MOODS",
    "SOURCES",
    "STAKEHOLDER_OF_SOURCE",
    "URGENT",
    "Examples",
    "Row",
    "addressed",
    "compound",
    "feeling",
    "is_bait",
    "judged",
    "labelled",
    "lexicon_terms",
    "moods",
    "phrases_service",
    "phrases_spam",
    "phrases_stakeholder",
    "rated_terms",
    "read",
    "thinned",
]
