"""In: a raw record. Out: the signal in it, or why there is none: one `Source` does this for one network, in whichever of its forms."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from schemas.sources.description import Description, Only
from schemas.sources.form import FormReader, Quick, Reading
from schemas.sources.mail import mail
from schemas.sources.malformed import Ignored, Malformed, malformed, named
from schemas.sources.native import Native
from schemas.sources.typed import ID_LIMIT, TEXT_LIMIT, AuthorRecord, SignalRecord, unknown_author
from schemas.sources.wrapping import MAX_BYTES, MAX_DEPTH, Found, payloads, payloads_of
from schemas.times import iso

MAX_UNWRAPPED = 12
"""So many payloads may lie in one another: a network shows ten replies below each other and a page around them."""
_BACKSLASH, _NULL = 92, b"\\u0000"
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{[")
"""Without these a record is as long as it has objects and lists: one pass, where counting takes two."""


MAX_PARTS = 4_000
"""Posts have a hundred bytes at least, so a record has fewer; hostile ones would hold a worker for seconds."""


class Source:
    """A network Winnow can read. ``topic`` is the noun its payloads arrive on, ``title`` its name for people; ``purpose`` and
    ``legal_basis`` are its file's notes.
    """

    __slots__ = ("_mail", "_tombstones", "forms", "legal_basis", "name", "purpose", "read_quickly", "title", "topic")

    def __init__(self, description: Description) -> None:
        self.name = description.name
        self.title = description.title
        self.topic = description.topic
        self.purpose = description.purpose
        self.legal_basis = description.legal_basis
        self.forms = [FormReader(form) for form in description.forms]
        self._tombstones = description.tombstones
        self._mail = description.mail
        self.read_quickly = (lambda *_: None) if description.mail else _quick_in_any_form(self.forms)

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @property
    def has_namespace(self) -> bool:
        """Whether its ids may be those of one installation (instance, workspace, shop), which a payload then names."""
        posts = (reader.form for reader in self.forms)
        return any("namespace" in form.fields for form in posts if form.fields and not form.deletes)

    def read(self, raw: bytes | None, arrived_ms: int | None = None) -> Reading:
        """The first signal in a record: (signal, created_at in Unix ms), or why there is none. Never raises, whatever the bytes.
        ``arrived_ms``: the record's own timestamp, which stands in for a time that nobody says."""
        return self.read_quickly(raw, arrived_ms) or self.read_closely(raw, arrived_ms)

    def read_all(self, raw: bytes | None, arrived_ms: int | None = None, key: bytes | None = None) -> Sequence[Reading]:
        """Every signal in a record, and why others are none; at least one reading. ``key``: what a tombstone takes away."""
        quickly = self.read_quickly(raw, arrived_ms)
        if quickly is not None:
            return (quickly,)
        return (self._gone(key, arrived_ms),) if raw is None else [*self._readings(raw, arrived_ms)]

    def read_closely(self, raw: bytes | None, arrived_ms: int | None = None) -> Reading:
        """As `read`, but slower, and with the reason when there is no signal."""
        return self._gone(None, arrived_ms) if raw is None else next(self._readings(raw, arrived_ms))

    def _readings(self, raw: bytes, arrived_ms: int | None) -> Iterator[Reading]:
        if not raw:
            yield Malformed("empty", "the record has no value")
        elif len(raw) > MAX_BYTES:
            yield Malformed("too_large", f"the record has {len(raw)} bytes; at most {MAX_BYTES} are read")
        else:
            for number, (native, form) in enumerate(self.payloads(raw)):
                if number == MAX_PARTS:
                    yield Malformed("too_large", f"the record has more than {MAX_PARTS:,} parts; those behind them are not read")
                    return
                if isinstance(native, Malformed | Ignored):
                    yield native
                elif form is None:
                    yield self.unsupported(native)
                else:
                    yield from form.closely(native, arrived_ms)

    def payloads(self, raw: bytes) -> Iterator[tuple[Found, FormReader | None]]:
        """The payloads in a record's bytes, each with the form that reads it, None when no form does; or what is wrong with them."""
        for native in (mail(raw),) if self._mail else payloads(raw):
            yield from self._with_forms(native, MAX_UNWRAPPED)

    def _with_forms(self, native: Found, left: int) -> Iterator[tuple[Found, FormReader | None]]:
        if isinstance(native, Malformed | Ignored):
            yield native, None
            return
        form = next((form for form in self.forms if form.misfit(native) is None), None)
        if form is None or not form.form.unwrap:
            yield native, form
            return
        if left <= 0:
            yield Malformed("too_deep", f"{self.name} payloads lie in one another more than {MAX_UNWRAPPED} times"), None
            return
        values = list(form.unwrapped(native))
        if not values:
            yield Ignored("empty_page", f"{self.name}: a payload without entries"), None
        for value in values:
            for inner in payloads_of(value):
                yield from self._with_forms(inner, left - 1)

    def _gone(self, key: bytes | None, arrived_ms: int | None) -> Reading:
        """What a record without a value says: nothing, unless the source keeps its posts by their ids."""
        native_id = (key or b"").decode("utf-8", "replace")[:ID_LIMIT]
        if not self._tombstones or not native_id or arrived_ms is None:
            return Ignored("tombstone", "the record has no value: it takes away a key of the topic, and no post")
        gone = SignalRecord(native_id, self.name, "post", AuthorRecord(unknown_author(native_id)), "", iso(arrived_ms), operation="delete")
        return gone, arrived_ms

    def unsupported(self, native: Native) -> Malformed:
        """What keeps the record from every form: told by the form that it came nearest to, by what was found there."""
        misfits = [(form, form.misfit(native)) for form in self.forms]
        form, only = max(misfits, key=lambda one: -1 if one[1] is None else one[0].form.only.index(one[1]))
        assert only is not None
        value = form.value(only.path, native)
        if value is None:
            return form.absent(only, native)
        if only.but or only.same is not None:
            return malformed("unsupported", f"{only.path} {named(value)} is not read")
        read = ["nothing"] if not only.choices else _choices(misfits, only)
        return malformed("unsupported", f"{only.path} {named(value)} is not read; only {' or '.join(read)} is")


def _choices(misfits: list[tuple[FormReader, Only | None]], of: Only) -> list[str]:
    asked = (only for _, only in misfits if only is not None and only.path == of.path and not only.but)
    return list(dict.fromkeys(repr(choice) for only in asked for choice in only.choices))


def _quick_in_any_form(forms: list[FormReader]) -> Callable[[bytes | None, int | None], Quick]:
    """The quick way: None for what may break a limit or a rule. msgspec does not look into the fields that it passes over, so their limits
    come first; only a number there may be beyond what a double holds: nobody reads it.
    """
    main, several = forms[0].quickly, len(forms) > 1

    def read_quickly(raw: bytes | None, arrived_ms: int | None = None) -> Quick:
        if not raw or len(raw) > TEXT_LIMIT or (_BACKSLASH in raw and _NULL in raw) or len(raw.translate(None, _NO_BRACKETS)) > MAX_DEPTH:
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
