"""Whether a post is certainly advertising or bait, by hand-written rules: the weak label of spam on networks.

No licence-clean set labels spam on networks, but unlabelled posts hold plenty. The rules name what people write only to be
clicked, followed or bought from; precision counts, for what they miss is merely not learned from.
"""

from __future__ import annotations

import re

_BAIT = re.compile(
    r"""\#?(?:team|auto|i)?follow\s?back\b.*(?:\#|https?:) | \#\w*follow\s?back | \bf4f\b | \bfree\s+followers
    | gain\s+(?:\w+\s)?followers\s+(?:fast|now|here) | subscribe\s+to\s+(?:my|our) | \bsub(?:scribe)?\s+my\s+channel
    | (?:buy|order|shop|act)\s+now\b.*https?: | \bfree\s+(?:ipad|iphone|gift\s?card|shipping|ringtone|spins)\b.*https?:
    | \bwin\s+(?:a|an|free)\s+(?:\w+\s){0,2}(?:ipad|iphone|gift\s?card|voucher)
    | (?:make|earn)\s+(?:\$\d*|money|cash|extra\s+cash)\b.*https?: | work(?:ing)?\s+from\s+home.*https?:
    | (?:up\sto\s|\b)\d+%\s+off\b.*https?: | \#coupons?\b | promo\s?code | \bviagra\b | \bcialis\b | online\s+(?:us\s+)?pharmacy
    | payday\s+loan.*https?: | best\s+(?:hotel\s+)?deals\b.*https?: | top\s+hotel\s+deals | followtrick
    | travel\s+destinations-+ | \#(?:porn|milf|xxx)\b.*https?: | webcam\s+girls | hurry\s+before\s+its
    | \#(?:tfb|gainwith\w*|makemoney|deals)\b | retweet\s+(?:this|if)\s.*follow
    | cheap\s+(?:\w+\s){1,4}(?:online|for\s+sale|tickets)\b.*https?: | no\s+credit\s+check""",
    re.IGNORECASE | re.VERBOSE,
)
_COVERAGE = re.compile(r"donat|relief|victim|red\s?cross|flood|tornado|hurricane|shelter|evacu", re.IGNORECASE)


def is_bait(text: str) -> bool:
    """Advertising or bait beyond doubt; appeals to help are never called so."""
    return _BAIT.search(text) is not None and _COVERAGE.search(text) is None
