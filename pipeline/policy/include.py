"""A policy file and the fragments that it includes, as one: values, and lines that know which file they stand in. For `load`."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pipeline.policy.errors import PolicyError, read_yaml
from pipeline.written import Fault, Lines, line_of

FRAGMENTS_LIMIT = 100
_LISTS = ("teams", "rules", "silences")
FRAGMENT_KEYS = ("version", "subjects", *_LISTS)
"""What a fragment may say; all else stands in the file that includes it."""


class Sources(NamedTuple):
    """The files that a policy is made of: for each its name and the number of lines before its first, as if all were one text."""

    files: tuple[tuple[str, int], ...]

    def place(self, line: int | None) -> tuple[str, int | None]:
        """File and line of a line of the whole."""
        if line is None:
            return self.files[0][0], None
        name, before = next(one for one in reversed(self.files) if one[1] < line)
        return name, line - before

    def error(self, faults: Sequence[Fault]) -> PolicyError:
        """The error that tells all faults, each in its file."""
        main = self.files[0][0]
        told = []
        for fault in sorted(faults, key=lambda one: one.line or 0):
            file, line = self.place(fault.line)
            told.append(Fault(line, fault.reason, fault.rule, None if file == main else file))
        error = PolicyError(main, *told[0], more=told[1:])
        error.files = tuple(name for name, _ in self.files[1:])
        return error


def read_whole(text: str, name: str) -> tuple[Any, Lines, Sources]:
    """The values of a policy's text (``name``: its file, fragments lie beside it) and of all that it includes; lines as in `Sources`.

    Raises PolicyError with all faults of YAML, files and names that say a thing twice.
    """
    values, lines = read_yaml(text, name)
    listed = values.get("include") if isinstance(values, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        return values, lines, Sources(((name, 0),))  # a wrong list is told with all else that is wrong
    reader = _Reader(values, lines, name, text.count("\n") + 1)
    for number, one in enumerate(listed):
        reader.take(number, one)
    sources = Sources(tuple(reader.files))
    if reader.faults:
        raise sources.error(reader.faults)
    return reader.values, reader.lines, sources


class _Reader:
    def __init__(self, values: dict[str, Any], lines: Lines, name: str, count: int) -> None:
        self.values, self.lines = dict(values), lines
        self.files = [(name, 0)]
        self.faults: list[Fault] = []
        self._folder, self._count = Path(name).parent, count

    def take(self, number: int, written: str) -> None:
        """Read one fragment and add what it says."""
        at = line_of(self.lines, ("include", number))
        relative = PurePosixPath(written)
        if relative.is_absolute() or ".." in relative.parts or number >= FRAGMENTS_LIMIT:
            why = f"more than {FRAGMENTS_LIMIT} fragments" if number >= FRAGMENTS_LIMIT else "should be a file beside the policy or below"
            self.faults.append(Fault(at, f"include: {written!r}: {why}"))
            return
        path = self._folder / relative
        if str(path) in dict(self.files):
            self.faults.append(Fault(at, f"include: {written!r} stands here already"))
            return
        before = self._count
        self.files.append((str(path), before))
        try:
            text = path.read_text(encoding="utf-8")
            self._count += text.count("\n") + 1
            found, lines = read_yaml(text, str(path))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            self.faults.append(Fault(at, f"include: {written!r} cannot be read: {reason}"))
        except PolicyError as error:
            self.faults += [Fault(before + (fault.line or 1), fault.reason) for fault in error.faults]
        else:
            self._add(found, lines, before)

    def _add(self, found: Any, lines: Lines, before: int) -> None:
        if not isinstance(found, dict) or found.get("version", 1) != 1:
            self.faults.append(Fault(before + 1, f"should be a mapping with some of {', '.join(FRAGMENT_KEYS)}"))
            return
        for key in found.keys() - set(FRAGMENT_KEYS):
            reason = f"{key}: stands in the file that includes this one; here are allowed {', '.join(FRAGMENT_KEYS)}"
            self.faults.append(Fault(before + lines[(key,)], reason))
        starts = {}
        for key in _LISTS:
            mine, theirs = self.values.get(key, []), found.get(key, [])
            if not isinstance(theirs, list):
                self.faults.append(Fault(before + lines[(key,)], f"{key}: should be a list, e.g. [a, b]"))
            elif isinstance(mine, list):
                starts[key] = len(mine)
                self.values[key] = [*mine, *theirs]
        self._add_subjects(found.get("subjects", {}), lines, before)
        for path, line in lines.items():
            if len(path) > 1 and path[0] in starts:
                moved = (path[0], int(path[1]) + starts[str(path[0])], *path[2:])
                self.lines[moved] = before + line
                if path in lines.joined:
                    self.lines.joined.add(moved)

    def _add_subjects(self, theirs: Any, lines: Lines, before: int) -> None:
        mine = self.values.get("subjects", {})
        if not isinstance(theirs, dict):
            self.faults.append(Fault(before + lines[("subjects",)], "subjects: should be a mapping (key: value)"))
        elif isinstance(mine, dict):
            for one in theirs:
                at = before + lines["subjects", one]
                if one in mine:
                    self.faults.append(Fault(at, f"subjects: {one!r} stands in another file already"))
                self.lines.setdefault(("subjects", one), at)
            self.values["subjects"] = {**mine, **theirs}
