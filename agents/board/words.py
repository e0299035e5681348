"""How the board says things: times, durations, counts, states and what surges are, in plain words; foreign text made harmless.

Pages reach these as filters of their templates.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup

from pipeline.policy import severity_class
from schemas.times import iso

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

_OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What steers a terminal or turns the direction of writing, and what nobody sees. Joiners stay: scripts and emoji need them."""

STATES: Mapping[str, str] = {
    "none": "waits", "received": "in the team's tool", "acknowledged": "acknowledged", "done": "done", "declined": "declined",
    "overturned": "overturned", "replaced": "replaced", "revoked": "taken back",
}  # fmt: skip
SPEAK: Mapping[str, str] = {
    "negative": "speak badly of", "positive": "speak well of", "neutral": "talk about", "complaint": "complain about", "praise": "praise",
    "question": "ask about", "request": "ask for something of", "report": "report something about",
}  # fmt: skip
ORIGINS: Mapping[str, str] = {
    "organic": "many people on their own",
    "amplified": "few posts, passed on by many",
    "coordinated": "looks coordinated",
    "unknown": "origin unknown",
}
DOING: Mapping[str, str] = {
    "reply": "Reply", "review": "Look at", "page": "Page", "digest": "Digest", "idea": "Idea", "escalate": "Escalation",
}  # fmt: skip
GRAVITY: Mapping[str, str] = {"low": "low", "medium": "medium", "high": "high", "critical": "critical"}


def shown(text: str) -> str:
    r"""Foreign text with everything spelled out that would be obeyed instead of shown; Jinja escapes the rest.

    >>> shown("x\x1b[2J\u202egpj")
    'x\\x1b[2J\\u202egpj'
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def number(value: float) -> str:
    """With separators; small ones with a digit behind the point."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def people(count: int) -> str:
    """1 person, 1,234 people."""
    return "1 person" if count == 1 else f"{count:,} people"


def span(milliseconds: float) -> str:
    """A length of time in its largest unit or two: 40 s, 12 min, 3 h 5 min, 2 days.

    >>> [span(one) for one in (5_000, 720_000, 11_100_000, 180_000_000)]
    ['5 s', '12 min', '3 h 5 min', '2 days']
    """
    value = abs(int(milliseconds))
    if value < MINUTE_MS:
        return f"{value // 1000} s"
    if value < HOUR_MS:
        return f"{value // MINUTE_MS} min"
    if value < 2 * DAY_MS:
        minutes = value % HOUR_MS // MINUTE_MS
        return f"{value // HOUR_MS} h" + (f" {minutes} min" if minutes and value < 12 * HOUR_MS else "")
    return f"{value // DAY_MS} days"


def clock(at_ms: int) -> Markup:
    """A moment: UTC as it is sent, in the reader's own time once the script runs, UTC then on hover."""
    return _time(at_ms, "at", datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d %b %H:%M UTC"))


def ago(at_ms: int, now_ms: int) -> Markup:
    """How long ago: the script keeps it true."""
    return _time(at_ms, "ago", f"{span(max(now_ms - at_ms, 0))} ago")


def due(at_ms: int, now_ms: int) -> Markup:
    """How long is left, or how late it is: in words, not by colour alone."""
    late = at_ms < now_ms
    return _time(at_ms, "due late" if late else "due", f"{span(at_ms - now_ms)} {'late' if late else 'left'}")


def _time(at_ms: int, kind: str, text: str) -> Markup:
    at = iso(at_ms)
    return Markup(f'<time class="{kind}" datetime="{at}" title="{at[:10]} {at[11:19]} UTC">{text}</time>')  # noqa: S704  # nothing in it is foreign


def gravity(severity: float) -> str:
    """The class of a severity, in a word."""
    return GRAVITY[severity_class(severity)]


def listed(values: Mapping[str, int]) -> str:
    """Counts by name, the most first: 31 customer, 2 prospect."""
    return ", ".join(f"{count:,} {name}" for name, count in sorted(values.items(), key=lambda item: -item[1]) if count)


def safe_link(url: str | None) -> str | None:
    """The address if a browser may be sent there; None otherwise."""
    return url if url is not None and re.match(r"https?://[^\s]+$", url) else None
