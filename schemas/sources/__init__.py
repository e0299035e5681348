"""In: a raw record and the name of its source. Out: the signal in it, or why there is none.

A source is one file, ``<name>.yaml``: adding one takes that file and a golden payload in the contract tests. Those beside this module
have the form that an operator's own have (`load_source`). A file says where things sit; from it come the types that msgspec decodes a
payload into, the function that makes the signal of it, and the reasons of refusals. It can only choose among what is listed here::

    name: forum                        # the value of the header `source`: a-z 0-9 - _
    title: Our forum                   # for people
    topic: posts                       # or feedback: where it usually arrives
    kind: post                         # review, ticket, survey, message; or among the fields
    envelope: data                     # the record may be bare, or sit in this object; `$.key` begins outside of it
    only:                              # records of which another value is found here have another form, or are `unsupported`
      event: [created, edited, null]   # null: the field may be absent; or `present`, `absent`, `list`, `object`, {not: [words]},
                                       # {same_as: path}, {other_than: path}: both are there, and are the same or are not
    lookups:                           # entries of lists, found by a constant or by what another path holds
      user: {list: includes.users, where: id, equals: author_id}
    fields:                            # canonical field: where its value is
      id: {path: number, as: id_from_number}
      author.id: author_id             # a path: keys, and positions in lists, with dots between them
      author.handle: user.login
      text: {first_of: [{path: html, as: html_to_text}, body, {field: title}]}
      created_at: {path: posted, epoch: seconds}
      rating: {path: stars, scale: [1, 5]}
      url: {template: "https://forum.example/{number}"}
      revision: {path: edited, since: posted_at}  # higher ones replace lower ones; a record with one above 0 is an update
      visibility: {path: hidden, map: {staff: direct}}
      namespace: {path: link, as: host_of_url}    # ids are unique within it
      versions: history[]              # ids of all versions of a post, where each has its own: a deletion may name any
    forms:                             # other forms of payload; the first whose `only` hold reads a record
      deletion:
        only: {event: [deleted]}
        operation: delete              # then only id and time are needed; scope: account, thread says what is gone
        fields: {id: {path: number, as: id_from_number}, created_at: deleted_at}
    ignore:                            # what is about no post: name -> conditions; never counted as rejected
      like: {event: [liked]}

An option is one of ``path``, ``template`` (text with paths in braces), ``digest`` (an id made of several paths), ``is`` (a constant),
``join`` (those of several options that are known, ``with`` a separator; for text, title and context), ``versions`` (for revision: a list
of all versions, counted) and ``field`` (``id`` for a thread; ``title`` for a text, and then it is no title). ``first_of`` takes the first
that is known. A ``path`` may go through lists in text, title and context (``media[].alt``: a line each), and have one of ``as``
(html_to_text, html_to_some_text: unknown without words, entities_to_text, not_empty, id_from_number, number_from_digits,
author_of_at_uri, milliseconds, host_of_url; a ``country`` is read as a code of two or three letters, and told in two), ``scale``
([lowest, highest] becomes 0 to 1, or ``{by: path, word: [lowest, highest]}``), ``map`` (words to values), ``except`` (words that mean
unknown), ``since`` (for revision: how many ms later than another instant) and, for ``created_at``, ``epoch`` (seconds, milliseconds,
microseconds; x_id, discord_id, mastodon_id for the time in an id). Without an ``epoch`` any way of writing an instant is read.
``not_after`` beside it is a Unix time that bounds what the author's clock claims. ``when`` beside an option has conditions as ``only``
has: else the option is unknown.

A form has ``only``, and its own ``envelope``, ``kind``, ``lookups`` and ``fields``, or begins with what another one says
(``extends: main``). ``each: entry[].changes[]`` makes a record of every entry of a list: ``$.`` begins outside, ``^.`` at the entry of the
outer list; an ``ignore`` in such a form names entries that are no posts. ``unwrap: payload`` reads what lies there, an object or JSON in
a text, as a payload of this source. ``tombstone: delete`` says that a record without a value deletes the post whose id is its key;
``format: email`` that records are e-mails. ``purpose`` and ``legal_basis`` are notes for people, which `winnow source list --notes`
shows.

Only the essential fields can refuse a record: id, source, kind, author.id, text and created_at, which may come from the record's own
timestamp. Any other value that is of an odd type,
too long or out of range is unknown, and the record is read without it.
"""

from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from schemas.sources.catalogue import SOURCES, load_source
from schemas.sources.countries import country
from schemas.sources.example import example
from schemas.sources.form import Reading
from schemas.sources.form_schema import source_schema
from schemas.sources.malformed import CODES, Ignored, Malformed, malformed, named
from schemas.sources.overview import networks_page
from schemas.sources.source import Source
from schemas.sources.trace import Traced, trace
from schemas.sources.typed import AuthorRecord, KindName, SignalRecord
from schemas.sources.wrapping import MAX_BYTES, MAX_DEPTH

__all__ = [
    "CODES",
    "MAX_BYTES",
    "MAX_DEPTH",
    "SOURCES",
    "AuthorRecord",
    "Ignored",
    "KindName",
    "Malformed",
    "Reading",
    "SignalRecord",
    "Source",
    "Traced",
    "country",
    "decode",
    "example",
    "load_source",
    "malformed",
    "named",
    "networks_page",
    "read",
    "read_all",
    "source_schema",
    "trace",
]


def decode(source: str, raw: bytes | None, arrived_ms: int | None = None) -> tuple[dict[str, object], int] | Ignored | Malformed:
    """Read one record.

    Returns (dict with every key of `schemas.messages.Signal` in canonical types, created_at in Unix ms), or `Ignored` for what is about no
    post, or `Malformed`. Never raises, whatever the bytes. Texts beyond 20,000 characters are cut; unknown fields are ignored.
    ``arrived_ms``: the record's timestamp, for payloads that say no time.

    >>> decode("x", b"7")
    Malformed(code='not_object', reason='the record must be a JSON object, found the number 7')
    """
    found = read(source, raw, arrived_ms)
    return found if isinstance(found, Malformed | Ignored) else (msgspec.to_builtins(found[0]), found[1])


def read(source: str, raw: bytes | None, arrived_ms: int | None = None) -> Reading:
    """As `decode`, but the signal as structs; the first one in a record that holds several (`read_all`)."""
    return read_all(source, raw, arrived_ms)[0]


def read_all(source: str, raw: bytes | None, arrived_ms: int | None = None, key: bytes | None = None) -> Sequence[Reading]:
    """Every signal in a record, in order, and why other parts of it are none; at least one reading. ``key``: the record's own."""
    adapter = SOURCES.find(source)
    if adapter is None and source in SOURCES:
        adapter = SOURCES[source]
    if adapter is None:
        near = get_close_matches(source, SOURCES, 3) or ["winnow source list"]
        return (malformed("unknown_source", f"no source is called {named(source)}; {' or '.join(near)}?"),)
    return adapter.read_all(raw, arrived_ms, key)
