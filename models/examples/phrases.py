"""Sentences of our own with gaps, each filled in several ways, as training texts.

Nobody's licence is needed for them, and they say what no licence-clean set does: how people complain, praise, ask, plead and
advertise on networks today. A template is one line; `{a|b|}` is one of a, b and nothing, `{name}` one of the list of that name in
GAPS. Fillings follow from the template alone, so training is reproducible.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

FILLINGS = 20

_GAP = re.compile(r"\{([^{}]*)\}")
_LISTS: Final[dict[str, str]] = {
    "thing": """order|parcel|package|delivery|phone|laptop|router|broadband|internet|flight|train|bus|bag|luggage|hotel room|booking|
        reservation|car|rental|pizza|meal|coffee|card|account|payment|transfer|refund|ticket|subscription|app|website|login|update|
        washing machine|fridge|heater|boiler|headset|watch|tv|shoes|dress|jacket|sofa|prescription|policy|claim|invoice|contract""",
    "product": """app|phone|laptop|website|new version|update|headphones|camera|tablet|watch|game|software|player|keyboard|router|
        printer|service|coffee machine|car|bike|tv""",
    "firm": """@acme|@acmehelp|@contoso|@globex|@initech|@northwind|@fabrikam|@umbrella_uk|@shopco|@airhop|@metrobank|@telco|@fooddash|
        @railways|@parcelfast|@streamly|@homegoods|@gridpower|you guys|your company|your team""",
    "staff": "staff|driver|crew|agent|support|customer service|manager|waiter|team|rep|courier|gate agent|receptionist|technician",
    "while": """2 hours|three hours|45 minutes|an hour|over an hour|4 days|a week|two weeks|3 weeks|a month|6 months|half a day|all
        morning|all day|90 minutes|20 min""",
    "feature": """dark mode|offline mode|an export button|a search box|two factor login|support for tablets|a widget|landscape mode|csv
        export|push notifications|a way to undo|custom themes|keyboard shortcuts|a family plan|gift cards|vegan options|a later
        train|more seats|direct flights|apple pay|multiple accounts|bulk delete|filters|a student discount""",
    "place": "airport|station|store|shop|branch|hotel|office|restaurant|terminal|warehouse|counter|gate|depot",
    "day": "today|tomorrow|on monday|this weekend|tonight|on friday|next week|on saturday|this afternoon|in june",
    "town": "london|denver|leeds|chicago|madrid|austin|berlin|toronto|sydney|boston|dublin|seattle|mumbai|lagos",
    "bad": "terrible|awful|horrible|useless|the worst|a joke|a disgrace|pathetic|ridiculous|unacceptable|shocking|so bad|garbage|trash",
    "good": "great|awesome|amazing|fantastic|excellent|brilliant|lovely|so good|perfect|wonderful|outstanding|superb|the best",
    "money": "$500|$1,000|£250|€50|$5000|100$|$10k|£1000|5000 dollars|$25|$99|1000 USD|0.5 BTC|N50,000",
    "number": "0800 123 4567|07123456789|+1 (555) 010-2233|555-0199|1-800-555-0100|+44 7700 900123|0905 555 0101",
    "tag": "#win|#free|#followback|#giveaway|#crypto|#deal|#sale|#makemoney|#f4f|#likeforlike|#promo|#workfromhome|#nft|#gain",
}
GAPS: Final[dict[str, list[str]]] = {name: [" ".join(one.split()) for one in text.split("|")] for name, text in _LISTS.items()}
GAPS["link"] = [
    "http://t.co/x1aB", "http://t.co/Zq97a", "https://bit.ly/2fKe", "https://bit.ly/3xYt", "www.bestdeal.com", "https://tinyurl.com/q15",
    "http://goo.gl/z8Ab", "http://getitnow.xyz/go", "https://www.youtube.com/watch?v=abc123", "http://win-prizes.info/claim",
]  # fmt: skip


def filled(templates: str, fillings: int = FILLINGS) -> Iterator[str]:
    """Every template, one a line, filled so often, in another dress each time; what comes out twice comes out once."""
    for template in filter(None, map(str.strip, templates.splitlines())):
        pick = random.Random(template)  # noqa: S311  # the same sentences in every training, not a secret
        yield from dict.fromkeys(_dressed(_fill(template, pick), pick) for _ in range(fillings))


def labelled(*kinds: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """(text, label) of every (label, templates)."""
    for label, templates in kinds:
        for text in filled(templates):
            yield text, label


def _fill(template: str, pick: random.Random) -> str:
    def one(gap: re.Match[str]) -> str:
        name = gap.group(1)
        choices = GAPS[name] if name in GAPS else name.split("|")
        return choices[pick.randrange(len(choices))]

    while _GAP.search(template):  # the innermost first
        template = _GAP.sub(one, template)
    return " ".join(template.split())


def _dressed(text: str, pick: random.Random) -> str:
    """As people type: in capitals or none, with or without a full stop."""
    dress = pick.random()
    if dress < 0.35:
        return text
    if dress < 0.65:
        return text[:1].upper() + text[1:]
    if dress < 0.85 and "http" not in text[-40:]:
        return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")
    return text.lower()
