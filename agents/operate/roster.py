"""Accounts of the organisation's own people in; the hashes by which sift knows them, out: `winnow subjects roster`."""

import csv

from agents.settings import Settings
from pipeline.sift import author_hash, realm_name
from schemas.errors import WinnowError
from schemas.sources import SOURCES


def roster(settings: Settings, text: str) -> tuple[list[str], list[str]]:
    """(the keyed hash of each account, in order and once; what is likely to be meant otherwise).

    text: lines of ``source,author id`` or ``source,author id,namespace``; ``#`` begins a comment. Raises WinnowError that names a line
    which is none, or whose source nobody reads.
    """
    key = settings.author_key.get_secret_value().encode()
    found: dict[str, None] = {}
    warnings = []
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if len(cells) not in (2, 3) or not all(cells[:2]):
            raise WinnowError(f"line {number} of the roster is not source,author id[,namespace]", hint="One account a line.")
        source, author, namespace = (*cells, "")[:3]
        if source not in SOURCES:
            raise WinnowError(f"line {number} of the roster: there is no source {source!r}", hint="See `winnow source list`.")
        if not namespace and SOURCES[source].has_namespace:
            warnings.append(f"line {number}: ids of {source} are those of one installation: without it, third, nobody is found")
        found[author_hash(key, realm_name(source, namespace), author)] = None
    return list(found), warnings
