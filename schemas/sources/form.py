"""In: a record's bytes, or the plain values in it. Out: the signal that one form of payloads makes of it.

The quick way decodes straight into the types that the form asks for. What they refuse is looked at closely: as plain values, of which
those that do not fit are left out, through the same types and the same function.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeAlias

import msgspec

from schemas.sources.assembly import assembler, checker
from schemas.sources.description import EACH, At, Constant, Field, Form, IdList, Join, OfField, Only, Option, Path
from schemas.sources.instant import instant
from schemas.sources.malformed import Ignored, Malformed, missing, wrong_type
from schemas.sources.native import Native, NativeTree
from schemas.sources.shapes import ANYTHING, ESSENTIAL, FIELDS, Shape
from schemas.sources.typed import TEXT_LIMIT, SignalRecord

Reading: TypeAlias = tuple[SignalRecord, int] | Ignored | Malformed
Quick: TypeAlias = tuple[SignalRecord, int] | Ignored | None


class FormReader:
    """Reads the payloads of one form."""

    __slots__ = ("_assemble", "_fits", "_ignored", "_tree", "form", "quickly")
    quickly: Callable[[bytes, int | None], Quick]
    """(bytes, when they arrived) -> the reading; None for what may break a limit or a rule, or has another form. Raises MsgspecError."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._tree = NativeTree(form)
        self._fits = _fitting(form)
        self._ignored = None if form.ignored is None else Ignored(form.ignored, f"{form.source}: {form.ignored} is about no post")
        if self._ignored is not None:
            self.quickly = lambda *_: self._ignored
        elif form.unwrap:
            self.quickly = lambda *_: None
        else:
            # Whether its conditions hold is known before a close look.
            self._assemble = assembler(replace(form, only=()), self._tree)
            self.quickly = (lambda *_: None) if form.each else _quick(form, self._tree)

    def fits_quickly(self, raw: bytes) -> bool | None:
        """Whether it is the form of these bytes; None when a close look must tell."""
        try:
            return self._fits(raw)
        except (msgspec.MsgspecError, RecursionError):
            return None

    def misfit(self, native: Native) -> Only | None:
        """What keeps this from being the form of the plain values; None when nothing does."""
        record = self._record(native)
        if type(record) is not dict:
            record = {}
        return next((only for only in self.form.only if not self._held(only, native, record)), None)

    def holds(self, only: Only, native: Native) -> bool:
        """Whether a condition is met by the plain values."""
        record = self._record(native)
        return self._held(only, native, record if type(record) is dict else {})

    def _held(self, only: Only, native: Native, record: Native) -> bool:
        return only.holds(*(self._tree.plain(path, native, record) for path in only.paths))

    def unwrapped(self, native: Native) -> Iterator[object]:
        """What a form that only wraps others holds."""
        for steps in self.form.unwrap:
            yield from _entries(native, steps)

    def value(self, path: Path, native: Native) -> object:
        """The plain value at a path."""
        record = self._record(native)
        return self._tree.plain(path, native, record if type(record) is dict else {})

    def odd(self, path: Path, native: Native) -> Malformed | None:
        """What keeps the value at a path from being read."""
        record = self._record(native)
        return self._tree.complaint(path, native, record if type(record) is dict else {})

    def absent(self, only: Only, native: Native) -> Malformed:
        """What is wrong where a condition finds nothing."""
        record = self._record(native)
        if type(record) is not dict:
            return wrong_type(str(self.form.envelope), "an object", record)
        found = self._tree.look_up(only.path, native, record)
        return found if isinstance(found, Malformed) else missing(str(only.path))

    def closely(self, native: Native, arrived_ms: int | None) -> Iterator[Reading]:
        """The signals of plain values, or the reasons why there are none; at least one reading."""
        if self._ignored is not None:
            yield self._ignored
        elif self.form.each:
            some = False
            for record in _entries(native, self.form.each):
                some = True
                yield self._passed(native, record) or self._of_record(native, record, arrived_ms)
            if not some:
                yield Ignored("empty_page", f"{self.form.source}: a page without entries")
        else:
            yield self._of_record(native, self._record(native), arrived_ms)

    def _passed(self, native: Native, record: object) -> Ignored | None:
        """Which of the entries that are no posts it is."""
        for name, conditions in self.form.passed:
            if type(record) is dict and all(self._held(only, native, record) for only in conditions):
                return Ignored(name, f"{self.form.source}: {name} is about no post")
        return None

    def _of_record(self, native: Native, record: object, arrived_ms: int | None) -> Reading:
        if type(record) is not dict:
            return wrong_type(self.form.envelope or "an entry", "an object", record)
        refused = self._unknown(native, record, arrived_ms)
        found = refused or self._assemble(self._tree.outer.fill(native), self._tree.record.fill(record), arrived_ms)
        if not isinstance(found, Malformed):
            signal = found[0]
            signal.text, signal.title = signal.text[:TEXT_LIMIT], signal.title and signal.title[:TEXT_LIMIT]
            signal.context = signal.context and signal.context[:TEXT_LIMIT]
        return found

    def _record(self, native: Native) -> object:
        envelope = self.form.envelope
        return native if envelope is None else native.get(envelope, native)

    def _unknown(self, native: Native, record: Native, arrived_ms: int | None) -> Malformed | None:
        """Why an essential field cannot be known. What is odd gives way to the next option, but never to a constant: that stands in for
        what nobody said, not for what cannot be read.
        """
        for name in ("id", "created_at") if self.form.deletes else ESSENTIAL:
            options = list(self._options(self.form.fields.get(name)))
            complaints = [self._complaint(option, native, record) for option in options if not isinstance(option, Constant)]
            refused = [complaint for complaint in complaints if complaint is not None]
            if len(refused) < len(complaints) or not complaints:
                continue
            odd = next((complaint for complaint in refused if complaint.code != "missing_field"), None)
            if odd is None and name == "created_at" and arrived_ms is not None:
                continue
            if odd is not None or len(complaints) == len(options):
                return odd or refused[-1]
        return None

    def _options(self, field: Field | None) -> Iterator[Option]:
        """All that may make a field known, in order of preference for the reason when none does: the last is the plainest."""
        if field is not None:
            for option in sorted(field.options, key=lambda option: not isinstance(option, OfField)):
                if isinstance(option, OfField):
                    yield from self._options(self.form.fields.get(option.name))
                else:
                    yield option
            if field.not_after is not None:
                yield field.not_after

    def _complaint(self, option: Option, native: Native, record: Native) -> Malformed | None:
        if isinstance(option, Join):
            complaints = [self._complaint(part, native, record) for part in option.parts]
            return None if None in complaints else complaints[-1]
        paths = (option.path,) if isinstance(option, At) else option.paths()
        of_paths = (self._tree.complaint(path, native, record) for path in paths)
        return next((complaint for complaint in of_paths if complaint is not None), None)


def _entries(value: object, steps: tuple[str, ...], parent: object = None) -> Iterator[object]:
    """The entries of a list within lists, or the one value at a path. `^` in an entry is what its list lies in, one loop further out; an
    entry that is no object becomes one, with the key `value`."""
    for depth, step in enumerate(steps):
        if step == "[]":
            for entry in value if isinstance(value, list) else ():
                native = entry if isinstance(entry, dict) else {"value": entry}
                yield from _entries(native if parent is None else native | {"^": parent}, steps[depth + 1 :], native)
            return
        value = value.get(step) if isinstance(value, dict) else None
    if value is not None:
        yield value


def _parted(form: Form, tree: NativeTree) -> Callable[[bytes], tuple[Any, Any]]:
    """A function that decodes bytes as (what is around the envelope, the record)."""
    decode = msgspec.json.Decoder(tree.outer.struct).decode
    if form.envelope is None:
        return lambda raw: (outer := decode(raw), outer)
    enclosed, bare = attrgetter(tree.outer.attribute(form.envelope)), msgspec.json.Decoder(tree.record.struct).decode
    return lambda raw: (outer := decode(raw), enclosed(outer) or bare(raw))


def _fitting(form: Form) -> Callable[[bytes], bool]:
    form = replace(form, each=())  # conditions are about the whole
    tree = NativeTree(form, [(path, ANYTHING) for only in form.only for path in only.paths])
    parted, check = _parted(form, tree), checker(form, tree)
    return lambda raw: check(*parted(raw), None)


def _quick(form: Form, tree: NativeTree) -> Callable[[bytes, int | None], Quick]:
    if _is_canonical(form):
        canonical = msgspec.json.Decoder(SignalRecord).decode
        return lambda raw, _: _settled(canonical(raw))
    parted, assemble = _parted(form, tree), assembler(form, tree)

    def quickly(raw: bytes, arrived_ms: int | None) -> Quick:
        outer, record = parted(raw)
        found = assemble(outer, record, arrived_ms)
        return None if found.__class__ is Malformed else found  # type: ignore[return-value]  # isinstance would cost more

    if any(only.same or (not only.is_words and not only.but and (only.choices or only.of is not None)) for only in form.only):
        fits = _fitting(form)
        return lambda raw, arrived_ms: quickly(raw, arrived_ms) if fits(raw) else None
    return quickly


_NO_DELETE = (Only(Path("", ("operation",)), ("create", "update"), may_be_absent=True),)


def _is_canonical(form: Form) -> bool:
    """Whether the payload is what we want already: every field, under its own name."""
    as_they_are = {name: Field(name, (_as_it_is(tuple(name.split(".")), shape),)) for name, shape in FIELDS.items()}
    return form.envelope is None and form.only == _NO_DELETE and form.fields == as_they_are


def _as_it_is(steps: tuple[str, ...], shape: Shape) -> Option:
    return IdList(Path("", (*steps, EACH))) if shape.base == "ids" else At(Path("", steps), shape)


def _settled(found: SignalRecord) -> Quick:
    when = instant(found.created_at, "created_at")
    if isinstance(when, Malformed) or found.operation == "delete":
        return None
    found.created_at, created_ms = when
    return found, created_ms
