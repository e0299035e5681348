"""What people say where they give away who they are, in ``phrases.yaml``: a list a kind."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import product

import yaml

PHRASES: Mapping[str, list[str]] = yaml.safe_load((files("pipeline.privacy") / "phrases.yaml").read_text(encoding="utf-8"))


CAPITALS = "".join(letter for letter in map(chr, range(0x41, 0x530)) if letter.isupper())
"""What names of people begin with."""

_TOKEN = re.compile(r"\(\?:|\)\??|\||\[[^\]]*\]\??|\\w\{\d,\d+\}|\\?.\??", re.DOTALL)


def spelled(kind: str) -> list[str]:
    """Every spelling of the phrases of this kind, in which ``(?:a|b)``, ``[ab]``, ``?`` may stand; up to the first ``\\w{m,n}``.

    >>> "je m'appelle" in spelled("introductions"), "dob" in spelled("births"), "sent from my " in spelled("regards")
    (True, True, True)
    """
    return sorted({text.removesuffix("\0") for phrase in PHRASES[kind] for text in _ways(iter(_TOKEN.findall(phrase)))[0]})


def _ways(tokens: Iterator[str]) -> tuple[list[str], str]:
    """All texts of the tokens up to the end of a group, and what ended it. A text that goes on unknown ends with NUL."""
    found: list[str] = []
    texts, end = [""], ""
    for piece in tokens:
        if piece.startswith(")"):
            end = piece
            break
        if piece == "|":
            found, texts = found + texts, [""]
            continue
        last = piece
        if piece == "(?:":
            more, last = _ways(tokens)  # the question mark behind a group is the group's
        elif piece.startswith("\\w{"):
            more = ["\0"]
        elif piece.startswith("["):
            more = list(piece[1 : piece.index("]")])
        else:
            more = [piece.removesuffix("?")[-1:] if len(piece) > 1 else piece]
        if last.endswith("?") and len(last) > 1:
            more = [*more, ""]
        texts = [text if text.endswith("\0") else text + one for text, one in product(texts, more)]
    return found + texts, end


def one_of(kind: str) -> str:
    """A regular expression that finds any phrase of this kind, the longest first.

    >>> one_of("plain_introductions").startswith("(?:")
    True
    """
    return f"(?:{'|'.join(sorted(PHRASES[kind], key=len, reverse=True))})"


def listed(alternatives: str) -> list[str]:
    """The words of a plain ``(?:a|b)``."""
    return alternatives.removeprefix("(?:").removesuffix(")").split("|")
