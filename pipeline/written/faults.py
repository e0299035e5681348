"""What is wrong in a file that somebody wrote, in that person's words: lists, names and values of the file, nothing of Python."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ValidationError

from schemas.errors import WinnowError


class Fault(NamedTuple):
    """``line`` from 1, None for the file as a whole; ``rule``: the rule that it is in, None outside of rules; ``file``: where it stands,
    None for the file that includes all others.
    """

    line: int | None
    reason: str
    rule: str | None = None
    file: str | None = None


class WrittenError(WinnowError):
    """A file that is refused: ``file``, all its ``faults`` in the order of their lines, and ``line``, ``rule``, ``reason`` of the first."""

    advice: ClassVar[str] = "Correct the file"

    def __init__(
        self, file: str, line: int | None, reason: str, rule: str | None = None, part: str | None = None, *, more: Iterable[Fault] = ()
    ) -> None:
        found = dict.fromkeys((Fault(line, reason, rule, part), *more))
        files = list(dict.fromkeys((None, *(fault.file for fault in found))))
        self.faults = tuple(sorted(found, key=lambda fault: (files.index(fault.file), fault.line or 0)))
        first = self.faults[0]
        self.file, self.line, self.reason, self.rule = first.file or file, first.line, first.reason, first.rule
        self._file = file
        super().__init__("\n".join(_told(file, fault) for fault in self.faults), hint=self.advice)

    @property
    def in_brief(self) -> str:
        """The first fault and how many more there are, in one line: for a log."""
        more = len(self.faults) - 1
        return _told(self._file, self.faults[0]) + (f" (and {more} more)" if more else "")


def _told(file: str, fault: Fault) -> str:
    file = fault.file or file
    place = file if fault.line is None else f"{file}:{fault.line}"
    about = "" if fault.rule is None else f" rule {fault.rule!r}:"
    return f"{place}:{about} {fault.reason}"


def own_errors(error: ValidationError) -> list[Any]:
    """Pydantic's errors, but for those that only follow from others: a list whose entries are refused is "too short" as well."""
    found = error.errors(include_url=False)
    places = [tuple(one["loc"]) for one in found]
    inner = {place[:length] for place in places for length in range(len(place))}
    return [one for one in found if one["type"] != "too_short" or tuple(one["loc"]) not in inner]


def in_words(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """One of pydantic's errors of ``model`` for the author of the file: what should stand there, and what does."""
    kind, given, context = str(error["type"]), error.get("input"), error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(error["loc"][-1]), _keys_at(model, error["loc"][:-1]))
    if kind in ("enum", "literal_error"):
        return _none_of(given, re.findall(r"'([^']*)'", str(context["expected"])) or [str(context["expected"])])
    if kind == "string_pattern_mismatch" and "A-Z" in str(context["pattern"]):
        return f"{given!r} is no domain such as example.org"
    if kind in _WHOLE:
        return _WHOLE[kind].format(**context, given=given)
    if kind in _SHOULD:
        return f"should be {_SHOULD[kind].format(**context)}, is {_shown(given)}"
    return re.sub(r"^Value error, ", "", str(error["msg"]))


_WHOLE = {
    "missing": "is missing",
    "string_pattern_mismatch": "{given!r} is no name: small letters, digits, - and _, at most 40",
    "too_short": "should have at least {min_length} entry",
    "too_long": "should have at most {max_length} entries",
}
_LIST, _MAPPING, _TRUE = "a list, e.g. [a, b]", "a mapping (key: value)", "true or false"
_TIME, _DAY = "a time with its zone, e.g. 2026-03-02T13:00:00Z", "a day, e.g. 2026-12-24"
_SHOULD = {
    "tuple_type": _LIST, "list_type": _LIST, "dict_type": _MAPPING, "model_type": _MAPPING, "model_attributes_type": _MAPPING,
    "string_type": "a text; put it in quotes",
    "int_type": "a whole number", "int_parsing": "a whole number", "int_from_float": "a whole number",
    "float_type": "a number", "float_parsing": "a number", "bool_type": _TRUE, "bool_parsing": _TRUE,
    "datetime_type": _TIME, "datetime_parsing": _TIME, "datetime_from_date_parsing": _TIME, "timezone_aware": _TIME,
    "date_type": _DAY, "date_parsing": _DAY, "date_from_datetime_parsing": _DAY, "date_from_datetime_inexact": _DAY,
    "greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}", "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "string_too_short": "at least {min_length} character", "string_too_long": "at most {max_length} characters",
}  # fmt: skip


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, 1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"there is no such key{meant}" + (f"; known are {', '.join(known)}" if known else "")


def _none_of(given: object, values: Sequence[str]) -> str:
    near = get_close_matches(str(given).lower(), values, 1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{_shown(given)} is none of {', '.join(values)}{meant}"


def _shown(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, Mapping):
        return "a mapping"
    return "a list" if isinstance(given, list | tuple) else repr(given)


def _keys_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Keys that a mapping at this place of the model may have; none when there is no telling."""
    at: Any = model
    for part in place:
        if isinstance(part, int):
            continue
        field = at.model_fields.get(part)
        found = None if field is None else _model_in(field.annotation)
        if found is None:
            return []
        at = found
    return list(at.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _model_in(part)) is not None), None)
