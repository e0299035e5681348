"""In: a raw record. Out: the signal in it, or why there is none: one `Source` does this for one network.

The quick way decodes straight into the types that the description asks for. What they refuse is looked at closely: as plain values, of
which those that do not fit are left out, through the same types and the same function. Only without an id, an author, a text or a time
there is no signal.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

import msgspec
import orjson

from schemas.sources.assembly import Assemble, assembler
from schemas.sources.description import At, Constant, Description, Field, OfField, Option, Path
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, describe, malformed, missing, named, wrong_type
from schemas.sources.native import Native, NativeTree
from schemas.sources.shapes import ESSENTIAL, FIELDS
from schemas.sources.typed import TEXT_LIMIT, SignalRecord

Reading = tuple[SignalRecord, int] | Malformed

MAX_BYTES = 512 * 1024
MAX_DEPTH = 64
_BACKSLASH, _NULL = 92, b"\\u0000"


class Source:
    """A network Winnow can read. ``topic`` is the noun its payloads arrive on, ``title`` its name for people."""

    __slots__ = ("_assemble", "_description", "_tree", "name", "read_quickly", "title", "topic")

    def __init__(self, description: Description) -> None:
        self.name = description.name
        self.title = description.title
        self.topic = description.topic
        self._description = description
        self._tree = NativeTree(description)
        self._assemble = assembler(description, self._tree)
        self.read_quickly = _quick(description, self._tree, self._assemble)

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def read(self, raw: bytes | None) -> Reading:
        """(signal, created_at in Unix ms), or why there is none. Never raises, whatever the bytes."""
        return self.read_quickly(raw) or self.read_closely(raw)

    def read_closely(self, raw: bytes | None) -> Reading:
        """The same for any record, but slower, and with the reason when there is no signal."""
        if not raw:
            return Malformed("empty", "the record has no value")
        native = _parse(raw)
        if isinstance(native, Malformed):
            return native
        envelope = self._description.envelope
        record = native if envelope is None else native.get(envelope, native)
        if type(record) is not dict:
            return wrong_type(str(envelope), "an object", record)
        refused = self._unsupported(native, record) or self._unknown(native, record)
        found = refused or self._assemble(self._tree.outer.fill(native), self._tree.record.fill(record))
        if not isinstance(found, Malformed):
            signal = found[0]
            signal.text, signal.title = signal.text[:TEXT_LIMIT], signal.title and signal.title[:TEXT_LIMIT]
        return found

    def _unsupported(self, native: Native, record: Native) -> Malformed | None:
        for only in self._description.only:
            value = self._tree.look_up(only.path, native, record)
            if value is None or isinstance(value, Malformed):
                if not only.may_be_absent:
                    return value or missing(str(only.path))
            elif value not in only.choices:
                return malformed("unsupported", f"{only.path} {named(value)} is not read; only {' or '.join(map(repr, only.choices))} is")
        return None

    def _unknown(self, native: Native, record: Native) -> Malformed | None:
        """Why an essential field cannot be known. What is odd gives way to the next option, but never to a constant: that stands in for
        what nobody said, not for what cannot be read.
        """
        for name in ESSENTIAL:
            options = list(self._options(self._description.fields[name]))
            complaints = [self._complaint(option, native, record) for option in options if not isinstance(option, Constant)]
            refused = [complaint for complaint in complaints if complaint is not None]
            if len(refused) < len(complaints) or not complaints:
                continue
            odd = next((complaint for complaint in refused if complaint.code != "missing_field"), None)
            if odd is not None or len(complaints) == len(options):
                return odd or refused[-1]
        return None

    def _options(self, field: Field | None) -> Iterator[Option]:
        """All that may make a field known, in order of preference for the reason when none does: the last is the plainest."""
        if field is not None:
            for option in sorted(field.options, key=lambda option: not isinstance(option, OfField)):
                if isinstance(option, OfField):
                    yield from self._options(self._description.fields.get(option.name))
                else:
                    yield option
            if field.not_after is not None:
                yield field.not_after

    def _complaint(self, option: Option, native: Native, record: Native) -> Malformed | None:
        paths = (option.path,) if isinstance(option, At) else option.paths()
        of_paths = (self._tree.complaint(path, native, record) for path in paths)
        return next((complaint for complaint in of_paths if complaint is not None), None)


def _quick(description: Description, tree: NativeTree, assemble: Assemble) -> Callable[[bytes | None], tuple[SignalRecord, int] | None]:
    """The quick way: None for what may break a limit or a rule. msgspec does not look into the fields that it passes over, so their limits
    come first; only a number there may be beyond what a double holds: nobody reads it.
    """
    decode, bare = msgspec.json.Decoder(tree.outer.struct).decode, msgspec.json.Decoder(tree.record.struct).decode
    enclosed = attrgetter(tree.outer.attribute(description.envelope)) if description.envelope else None
    if _is_canonical(description):
        decode, assemble = msgspec.json.Decoder(SignalRecord).decode, _settled

    def read_quickly(raw: bytes | None) -> tuple[SignalRecord, int] | None:
        if not raw or len(raw) > TEXT_LIMIT or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or (_BACKSLASH in raw and _NULL in raw):
            return None
        try:
            if not raw.isascii():
                raw.decode()
            outer = decode(raw)
            found = assemble(outer, outer) if enclosed is None else assemble(outer, enclosed(outer) or bare(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return None if found.__class__ is Malformed else found  # type: ignore[return-value]  # isinstance would cost more

    return read_quickly


def _is_canonical(description: Description) -> bool:
    """Whether the payload is what we want already: every field, under its own name."""
    as_they_are = {name: Field(name, (At(Path("", tuple(name.split("."))), shape),)) for name, shape in FIELDS.items()}
    return description.envelope is None and not description.only and description.fields == as_they_are


def _settled(found: SignalRecord, _: SignalRecord) -> Reading:
    when = instant(found.created_at, "created_at")
    if isinstance(when, Malformed):
        return when
    found.created_at, created_ms = when
    return found, created_ms


def _parse(raw: bytes) -> Native | Malformed:
    if len(raw) > MAX_BYTES:
        return Malformed("too_large", f"the record has {len(raw)} bytes; at most {MAX_BYTES} are read")
    try:
        native = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _unreadable(raw, error)
    # Depth costs a walk; a text with so few brackets cannot be deep.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deeper(native, MAX_DEPTH):
        return _too_deep()
    return native if type(native) is dict else Malformed("not_object", f"the record must be a JSON object, found {describe(native)}")


def _unreadable(raw: bytes, error: orjson.JSONDecodeError) -> Malformed:
    if not raw.strip():
        return Malformed("empty", "the record holds nothing but white space")
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return Malformed("not_utf8", f"byte {wrong.start} of {len(raw)} is not UTF-8")
    if "depth" in error.msg or "recursion" in error.msg.lower():
        return _too_deep()
    return Malformed(
        "not_json",
        f"the record is not JSON: wrong at character {error.pos} (line {error.lineno}, column {error.colno})",
    )


def _too_deep() -> Malformed:
    return Malformed("too_deep", f"the record nests objects and lists more than {MAX_DEPTH} levels deep")


def _is_deeper(value: object, limit: int) -> bool:
    """Whether containers nest beyond ``limit``; walks level by level, so that depth costs no stack."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limit:
            return True
        children = (node.values() if isinstance(node, dict) else node for node in level if isinstance(node, dict | list))
        level = [child for some in children for child in some if isinstance(child, dict | list)]
    return False
