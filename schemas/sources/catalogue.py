"""The sources that this process can read: those that come with Winnow, and an operator's own, which add to them or take their place."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from schemas.errors import WinnowError
from schemas.sources.parsing import parse
from schemas.sources.source import Source


def load_source(path: Path) -> Source:
    """A source described by a file of one's own. Raises WinnowError, naming file, line and key, and what is allowed there."""
    return Source(parse(_text(path), str(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WinnowError(f"cannot read {path}: {error}") from error


class Catalogue(Mapping[str, Source]):
    """Source name -> how it is read. A shipped one is compiled when it is first asked for: thirty of them take a second."""

    def __init__(self) -> None:
        shipped = (file for file in files("schemas.sources").iterdir() if file.name.endswith(".yaml"))
        self._shipped = {file.name.removesuffix(".yaml"): file for file in sorted(shipped, key=lambda file: file.name)}
        self._own: dict[str, Path] = {}
        self._ready: dict[str, Source] = {}
        self.find = self._ready.get
        """The source if it has been asked for before: what costs least."""

    def __getitem__(self, name: str) -> Source:
        if name not in self._ready:
            file = self._shipped[name]
            self._ready[name] = Source(parse(file.read_text(encoding="utf-8"), file.name))
        return self._ready[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._shipped, *self._own}))

    def __len__(self) -> int:
        return len({*self._shipped, *self._own})

    def __contains__(self, name: object) -> bool:
        return name in self._shipped or name in self._own

    def add(self, folder: Path) -> None:
        """Read every ``.yaml`` of a folder; one whose ``name`` is known takes the place of what it named. Raises WinnowError."""
        if not folder.is_dir():
            raise WinnowError(f"{folder} is no folder of sources", hint="Set WINNOW_SOURCES_DIR to a folder of .yaml files, or unset it.")
        found: dict[str, Path] = {}
        for path in sorted(folder.glob("*.yaml")):
            source = load_source(path)
            if source.name in found:
                raise WinnowError(f"{path} and {found[source.name]} both describe the source {source.name!r}", hint="Keep one of them.")
            found[source.name] = path
            self._ready[source.name] = source
        self._own |= found

    def text(self, name: str) -> tuple[str, str]:
        """(where a source's file lies, what it says). Raises KeyError."""
        if name in self._own:
            return str(self._own[name]), _text(self._own[name])
        return f"shipped {self._shipped[name].name}", self._shipped[name].read_text(encoding="utf-8")

    def is_own(self, name: str) -> bool:
        """Whether it is the operator's."""
        return name in self._own


SOURCES = Catalogue()
"""``topic`` of a source is where it usually arrives; any source may be sent to either topic."""
