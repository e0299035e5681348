"""Texts that no list closes but that have a form: dates, languages, countries, networks, facets. For `type_check`."""

import re
from datetime import date
from difflib import get_close_matches

from schemas.messages import Intent, Sentiment
from schemas.sources import SOURCES, country

_FACETS = tuple(dict.fromkeys([*Intent, *Sentiment]))


def misfit(form: str, value: str) -> str | None:
    """Why no fact of this form is ever this text; None when it may be."""
    return {"date": _no_date, "language": _no_language, "country": _no_country}.get(form, _fits)(value)


def doubt(form: str, value: str) -> str | None:
    """Why this text is hardly what was meant; None when nothing speaks against it. An operator may have networks of his own."""
    if form == "facet" and value not in _FACETS:
        return f"is never {value!r}: it says how people speak, {', '.join(_FACETS)}; what they speak of is in situation.words and text"
    if form != "source" or value in SOURCES:
        return None
    near = get_close_matches(value.lower(), list(SOURCES), 1, 0.8)
    return f"no source that comes with Winnow is called {value!r} (did you mean {near[0]!r}?)" if near else None


def _fits(_: str) -> None:
    return None


def _no_date(value: str) -> str | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and date.fromisoformat(value):
            return None
    except ValueError:
        pass
    return f"{value!r} is no date such as '2026-12-24'"


def _no_language(value: str) -> str | None:
    if re.fullmatch(r"([a-z]{2,3}(-[A-Za-z0-9]+)*)?", value):
        return None
    return f"{value!r} is no language such as 'en' or 'de': an ISO 639 code in small letters"


def _no_country(value: str) -> str | None:
    code = country(value)
    if value in ("", code):
        return None
    meant = f" (did you mean {code!r}?)" if code else ""
    return f"{value!r} is no country such as 'GB' or 'DE'{meant}: ISO 3166-1 alpha-2"
