"""Random texts from a grammar of symbols with many productions.

A production is one line of literal text with ``{slots}``: another symbol, a name bound by the caller, or a range of
whole numbers such as ``{12-90}``.
"""

import random
import re
from collections.abc import Mapping
from functools import cache

_SLOT = re.compile(r"\{([^}]+)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")

BOUND = frozenset({"brand", "other", "word", "city", "handle"})
"""Slots that the caller of `Grammar.write` binds."""

Part = str | tuple[str, int, int]
"""A literal, or a slot: (symbol, 0, 0) or ("", lowest, highest)."""


@cache
def _compile(production: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for place, piece in enumerate(_SLOT.split(production)):
        if place % 2 == 0:
            if piece:
                parts.append(piece)
        elif found := _RANGE.fullmatch(piece):
            parts.append(("", int(found[1]), int(found[2])))
        else:
            parts.append((piece, 0, 0))
    return tuple(parts)


class Grammar:
    """Symbols from one or more tables; later tables extend or replace earlier ones.

    >>> Grammar({"greeting": "Hi {brand}, {2-2} of us"}).write("greeting", random.Random(1), {"brand": "Aurora Air"})
    'Hi Aurora Air, 2 of us'
    """

    def __init__(self, *tables: Mapping[str, str]) -> None:
        self.productions: dict[str, tuple[tuple[Part, ...], ...]] = {}
        for table in tables:
            for symbol, lines in table.items():
                self.productions[symbol] = tuple(_compile(line) for line in lines.strip("\n").split("\n"))
        parts = (part for lines in self.productions.values() for line in lines for part in line)
        unknown = {part[0] for part in parts if isinstance(part, tuple)} - set(self.productions) - BOUND - {""}
        if unknown:
            raise ValueError(f"the grammar uses symbols that it does not define: {sorted(unknown)}")

    def write(self, symbol: str, rng: random.Random, bound: Mapping[str, str]) -> str:
        """One random text of ``symbol``; raises KeyError for a symbol that is neither defined nor bound."""
        out: list[str] = []
        self._expand(symbol, rng, bound, out)
        return "".join(out)

    def _expand(self, symbol: str, rng: random.Random, bound: Mapping[str, str], out: list[str]) -> None:
        lines = self.productions[symbol]
        for part in lines[int(rng.random() * len(lines))]:
            if isinstance(part, str):
                out.append(part)
            elif not part[0]:
                out.append(str(part[1] + int(rng.random() * (part[2] - part[1] + 1))))
            elif part[0] in bound:
                out.append(bound[part[0]])
            else:
                self._expand(part[0], rng, bound, out)
