"""The normal forms of a text: what each folds, what it keeps, and who reads it.

They stand here, in the lowest layer, because models and pipeline both read texts and may not import each other. A new reader of texts
takes one of these, or adds its own to the table, so that whoever asks "is an accent kept?" finds the answer in one place.

form           read by                       folded                                              kept
model_input    models.features               case (ASCII, Latin-1, Greek, Cyrillic), digits      accents, punctuation, hashtags, emoji as
                                             to 0, links, names behind @, runs over three,       words, other scripts
                                             white space; counted in the text's shape
near_copy      pipeline.near_duplicates      markup, case, punctuation, emoji, links, handles,   digits, order of words, other scripts
                                             accents, invisible and look-alike letters,
                                             digits in words, runs of three; noted in facts
exact_copy     pipeline.stream (dedup)       ASCII case and punctuation, white space             accents, every other character, links
searchable     pipeline.sift (subjects)      case of all scripts (straße, strasse), entities,    punctuation, digits, links, the letters
                                             compatibility forms (NFKC), accents, vowel marks,   of other scripts
                                             invisible characters, white space, dashes; emoji
                                             and symbols to ;
stemmable      pipeline.correlate (stems)    case (lower), the apostrophes ' and ’               everything else
publishable    pipeline.privacy              compatibility forms (NFKC), invisible characters,   case, accents, punctuation
                                             controls and terminal sequences

``Café №5, @Joe: DON’T!`` in each of them:

model_input ``·café·№0,·@:·don't!·`` · near_copy ``·cafe·no5·dont·`` · exact_copy: the words ``café №5 joe don’t``
searchable ``cafe no5, @joe: don't!`` · stemmable ``café №5, @joe: dont!`` · publishable ``Café No5, @Joe: DON’T!``

Where two of them differ without need they do so still, for merging them would change what models were trained on, or what is kept in state:

- a link starts with four letters and a colon whose fourth need not be ``p`` in model_input, with ``http`` in near_copy; exact_copy,
  searchable, stemmable and publishable know no links (their readers do);
- U+2018 and U+2019 are an apostrophe in model_input and searchable, U+2019 alone in near_copy and stemmable, none in exact_copy, where
  it is a letter;
- ``_`` is a letter in model_input, and separates in near_copy and exact_copy;
- near_copy and searchable drop more invisible characters than publishable, which must not change how a text reads;
- runs are cut at three in model_input, and three or more become one in near_copy;
- case is that of four alphabets in compiled forms (near_copy has Python fold the rest first), `lower` in one and `casefold` in another.

Every form takes time linear in the text. The compiled ones read no more than `MAX_TEXT_BYTES` of it, but for exact_copy, which reads all.
"""

from schemas.text import characters, exact_copy, hashing, model_input, near_copy
from schemas.text.buffer import MAX_TEXT_BYTES, TextBuffer, joined, pack
from schemas.text.plain import publishable, stemmable
from schemas.text.search import searchable

__all__ = [
    "MAX_TEXT_BYTES",
    "TextBuffer",
    "characters",
    "exact_copy",
    "hashing",
    "joined",
    "model_input",
    "near_copy",
    "pack",
    "publishable",
    "searchable",
    "stemmable",
]
