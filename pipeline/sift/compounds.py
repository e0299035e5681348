"""Words that people write together: hashtags and CamelCase. `NameIndex` reads a text so, once a name stood in it without edges."""

from __future__ import annotations

import re
import unicodedata

from schemas.text import searchable

_TOGETHER = re.compile(r"(?<![\w@/.])(?:[#＃](\w+)|(?=\w*[^\W\d_])\w*?[^\W\d_A-Z][A-ZÀ-ÞΑ-ΩА-Я]\w*)")
_CAPITALS = re.compile(r"(?<=[^\WA-ZÀ-ÞΑ-ΩА-Я\d_])(?=[A-ZÀ-ÞΑ-ΩА-Я])|(?<=[A-ZÀ-ÞΑ-ΩА-Я])(?=[A-ZÀ-ÞΑ-ΩА-Я][^\WA-ZÀ-ÞΑ-ΩА-Я\d_])")
_YEAR = re.compile(r"(?<=\D)(?=(?:19|20)\d\d(?!\d))")

_COMPANIONS = """
    again app bad ban bank best bot boycott bring back bye cancel cares chat close crash customer customers cyber data day dear
    delay delays delayed dont do down error fail fails failed failure fake fees fix fixit free fraud fun gate go goodbye great
    greed hack hacked happy hate hates hell help hey hi hope horror i in is it just leaks leak lies live lost love loves loving
    magic me my never new news no not nomore nope official on online our out outage outages pay please problems quit refund
    ripoff sale save scam scandal service shame shameon stop strike strikes stuck sucks suck support system team terrible thank
    thanks the this to today truth ugh update us vs we weak why win wins with worst wtf wow yay you your zero streik danke nie
    wieder kaputt merci greve plus jamais boicot boicote huelga gracias nunca mas basta sciopero grazie mai obrigado greve
    staking bedankt strajk бойкот спасибо нет верните не 불매 불매운동 파업 최고 최악 사랑해 후기 사과해 환불 고마워 감사
"""
_OTHERS = re.compile(
    "(?:" + "|".join(sorted({re.escape(searchable(word)) for word in _COMPANIONS.split()}, key=len, reverse=True)) + r"|(?:19|20)?\d\d)*+"
)
_LONGEST_TAG = 100
"""Characters beside a name; in a longer tag nobody reads it."""


def written_apart(text: str) -> str:
    """The hashtags and CamelCase words of a text, their words apart, a line each; empty where there is none.

    >>> written_apart("I #LoveAuroraAir, not @RealAuroraAir or AuroraAirParts")
    'Love Aurora Air\\nAurora Air Parts'
    """
    found = _TOGETHER.finditer(unicodedata.normalize("NFKC", text))
    return "\n".join(_YEAR.sub(" ", _CAPITALS.sub(" ", word[1] or word[0])) for word in found)


def is_among_companions(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` (folded) stands in a hashtag of which nothing else is but words that people put beside names.

    >>> is_among_companions("#boycottauroraair", 8, 17), is_among_companions("#auroraairport", 1, 10)
    (True, False)
    """
    begin, stop, first, last = start, end, max(0, start - _LONGEST_TAG), min(len(text), end + _LONGEST_TAG)
    while begin > first and (text[begin - 1].isalnum() or text[begin - 1] == "_"):
        begin -= 1
    while stop < last and (text[stop].isalnum() or text[stop] == "_"):
        stop += 1
    if begin == 0 or text[begin - 1] != "#":
        return False
    return all(_OTHERS.fullmatch(text[one:other].replace("_", "")) is not None for one, other in ((begin, start), (end, stop)))
