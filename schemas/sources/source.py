"""In: a raw record. Out: the signal in it, or why there is none: one `Source` does this for one network, in whichever of its forms."""

from collections.abc import Callable

import msgspec
import orjson

from schemas.sources.description import Description, Only
from schemas.sources.form import FormReader, Quick, Reading
from schemas.sources.malformed import Malformed, describe, malformed, named
from schemas.sources.native import Native
from schemas.sources.typed import TEXT_LIMIT

MAX_BYTES = 512 * 1024
MAX_DEPTH = 64
_BACKSLASH, _NULL = 92, b"\\u0000"


class Source:
    """A network Winnow can read. ``topic`` is the noun its payloads arrive on, ``title`` its name for people."""

    __slots__ = ("_forms", "_main", "name", "read_quickly", "title", "topic")

    def __init__(self, description: Description) -> None:
        self.name = description.name
        self.title = description.title
        self.topic = description.topic
        self._forms = [FormReader(form) for form in description.forms]
        self._main = self._forms[0]
        self.read_quickly = _quick(self._forms)

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def read(self, raw: bytes | None, arrived_ms: int | None = None) -> Reading:
        """(signal, created_at in Unix ms), or why there is none. Never raises, whatever the bytes. ``arrived_ms``: the record's own
        timestamp, which stands in for a time that nobody says."""
        return self.read_quickly(raw, arrived_ms) or self.read_closely(raw, arrived_ms)

    def read_closely(self, raw: bytes | None, arrived_ms: int | None = None) -> Reading:
        """The same for any record, but slower, and with the reason when there is no signal."""
        if not raw:
            return Malformed("empty", "the record has no value")
        native = _parse(raw)
        if isinstance(native, Malformed):
            return native
        form = next((form for form in self._forms if form.misfit(native) is None), None)
        return self._unsupported(native) if form is None else form.closely(native, arrived_ms)

    def _unsupported(self, native: Native) -> Malformed:
        """What keeps the record from every form: told by the form that it came nearest to, by what was found there."""
        misfits = [(form, form.misfit(native)) for form in self._forms]
        form, only = max(misfits, key=lambda one: -1 if one[1] is None else one[0].form.only.index(one[1]))
        assert only is not None
        value = form.value(only.path, native)
        if value is None:
            return form.absent(only, native)
        read = ["nothing"] if not only.choices else _choices(misfits, only)
        return malformed("unsupported", f"{only.path} {named(value)} is not read; only {' or '.join(read)} is")


def _choices(misfits: list[tuple[FormReader, Only | None]], of: Only) -> list[str]:
    return list(dict.fromkeys(repr(choice) for _, only in misfits if only is not None and only.path == of.path for choice in only.choices))


def _quick(forms: list[FormReader]) -> Callable[[bytes | None, int | None], Quick]:
    """The quick way: None for what may break a limit or a rule. msgspec does not look into the fields that it passes over, so their limits
    come first; only a number there may be beyond what a double holds: nobody reads it.
    """
    main, several = forms[0].quickly, len(forms) > 1

    def read_quickly(raw: bytes | None, arrived_ms: int | None = None) -> Quick:
        if not raw or len(raw) > TEXT_LIMIT or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or (_BACKSLASH in raw and _NULL in raw):
            return None
        try:
            if not raw.isascii():
                raw.decode()
            return main(raw, arrived_ms) or (in_another_form(raw, arrived_ms) if several else None)
        except msgspec.MsgspecError:
            return in_another_form(raw, arrived_ms) if several else None
        except (UnicodeDecodeError, RecursionError):
            return None

    def in_another_form(raw: bytes, arrived_ms: int | None) -> Quick:
        for form in forms:
            fits = form.fits_quickly(raw)
            if fits is None or (fits and form is forms[0]):
                return None
            if fits:
                try:
                    return form.quickly(raw, arrived_ms)
                except (msgspec.MsgspecError, RecursionError):
                    return None
        return None

    return read_quickly


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
