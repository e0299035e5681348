"""What is an organisation's own and no person's: its terms and accounts, which redaction leaves where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from schemas.text import searchable

LEAST_LETTERS = 2
"""Of a spelling: a single letter or digit is part of too much to be anybody's own."""
_EDGES = " .,;:!?'\"()-–"
_POSSESSIVE = re.compile(r"['’]s$")


class OwnTerms:
    r"""Terms in the form of `schemas.text.searchable`. False when there is none. Immutable: shards share it.

    ``spellings``: whole words and @handles; ``patterns``: of inflected ones; ``accounts``: network -> its handles there, with ``@``.

    >>> own = OwnTerms(["aurora air", "@aurora"], [re.compile(r"авиаавро[^\W\d_]{0,3}")], {"x": ["@aurora_help"]})
    >>> "Aurora Air" in own, "Aurora" in own, "Авиааврору" in own
    (True, False, True)
    >>> own.has_account("Aurora"), own.has_account("aurora_help"), own.on("x").has_account("aurora_help")
    (True, False, True)
    """

    def __init__(
        self,
        spellings: Iterable[str] = (),
        patterns: Iterable[re.Pattern[str]] = (),
        accounts: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._spellings = frozenset(one for one in spellings if sum(map(str.isalnum, one)) >= LEAST_LETTERS)
        self._patterns = tuple(patterns)
        self._networks = {
            network: OwnTerms([*self._spellings, *map(searchable, handles)], self._patterns)
            for network, handles in (accounts or {}).items()
        }

    def __bool__(self) -> bool:
        return bool(self._spellings or self._patterns)

    def on(self, network: str) -> OwnTerms:
        """The same in a post of this network, where its accounts there count too."""
        return self._networks.get(network, self)

    def __contains__(self, found: object) -> bool:
        """Whether ``found`` is one of them, and nothing else, but for a possessive s and what stands around words."""
        if not self or not isinstance(found, str):
            return False
        folded = searchable(_POSSESSIVE.sub("", found.strip(_EDGES)))
        return folded in self._spellings or any(pattern.fullmatch(folded) for pattern in self._patterns)

    def has_account(self, name: str) -> bool:
        """Whether an account of this name, without ``@``, is its own: as a handle, or as a word that no underscore parts."""
        return f"@{name}" in self or ("_" not in name and name in self)

    def instead(self, token: str) -> Callable[[re.Match[str]], str]:
        """What puts ``token`` in place of a match that is none of them."""
        return lambda match: match.group() if match.group() in self else token

    def beside(self, words: str, token: str) -> str:
        """``token`` in place of words, but for those among them that are its own.

        >>> OwnTerms(["aurora air"]).beside("Jane Doe Aurora Air", "[name]")
        '[name] Aurora Air'
        """
        if not self:
            return token
        split, kept, place = words.split(), [""], 0
        while place < len(split):
            end = next((end for end in range(len(split), place, -1) if " ".join(split[place:end]) in self), place)
            if end > place:
                kept += split[place:end]
            elif kept[-1] != token:
                kept.append(token)
            place = max(end, place + 1)
        return " ".join(kept[1:])


NO_TERMS = OwnTerms()
