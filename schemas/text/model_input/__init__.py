"""The form that models read: characters for n-grams, words as hashes, and the shape of what was folded away.

ASCII, Latin-1, Greek and Cyrillic capitals become small, digits 0, white space and control characters one space; runs of a character
are cut at three; a link becomes ``http``. A @handle is ``@`` to the characters (or every brand's name would be learned as a feeling) but
its lower-cased name as a word. An emoji is a word, whatever it adjoins, without what dresses it; so is an emoticon, and ``!`` or ``?``
once a run. Accents, punctuation and other scripts stay.

These kernels are compiled into those of `models.features`, and numba's cache does not notice: after an edit here, empty __pycache__ and
NUMBA_CACHE_DIR, and raise `models.features.LAYOUT`, for an artefact only fits the features that it was trained on.
"""

from schemas.text.model_input import shape
from schemas.text.model_input.shape import SHAPE
from schemas.text.model_input.words import FROWN_HASH, MAX_CHARACTERS, MAX_WORDS, SMILE_HASH, read

__all__ = ["FROWN_HASH", "MAX_CHARACTERS", "MAX_WORDS", "SHAPE", "SMILE_HASH", "read", "shape"]
