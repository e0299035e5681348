"""In: the sources that come with Winnow. Out: deploy/NETWORKS.md, what is read of each network."""

from collections.abc import Iterator

from schemas.sources.catalogue import SOURCES
from schemas.sources.description import Constant, Form
from schemas.sources.source import Source

_HEAD = """# What is read of each network

Written by `python -m agents.operate.policy_reference` from the files that `winnow source show NAME` prints. Everything else in a
payload is passed over; `winnow source test NAME FILE` lists what that is in yours.

| source | what | edits | deletions | who could read | namespace | beside the words | ignored by name |
|---|---|---|---|---|---|---|---|
"""


def networks_page() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(f"{row}\n" for source in SOURCES.values() if source.name != "signal" for row in _rows(source))


def _rows(source: Source) -> Iterator[str]:
    forms = [form.form for form in source.forms]
    posts = [form for form in forms if form.fields and not form.deletes]
    gone = sorted({str(_constant(form, "scope") or "post") for form in forms if form.deletes})
    cells = (
        f"`{source.name}`",
        source.title,
        "yes" if any({"revision", "operation"} & form.fields.keys() for form in posts) else "",
        ", ".join(gone),
        _said(posts, "visibility"),
        "yes" if source.has_namespace else "",
        "yes" if any("context" in form.fields for form in posts) else "",
        ", ".join(form.ignored for form in forms if form.ignored is not None),
    )
    yield f"| {' | '.join(cells)} |"


def _constant(form: Form, name: str) -> object:
    options = form.fields[name].options if name in form.fields else ()
    return next((option.value for option in options if isinstance(option, Constant)), None)


def _said(forms: list[Form], name: str) -> str:
    """The value that all records have, "as told" when the payload says it, nothing when it is unknown."""
    found = {_constant(form, name) or "as told" for form in forms if name in form.fields}
    return ", ".join(sorted(map(str, found)))
