"""In: YAML text. Out: its nodes, each with the file, line and key where it stands, read on demand; WinnowErrors that tell these."""

from collections.abc import Iterable
from typing import Any

import yaml

from schemas.errors import WinnowError

SIZE_LIMIT, DEPTH_LIMIT = 64_000, 12
SHOWN = 40
"""Characters of a value that an error quotes."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def refusal(file: str, line: int, key: str, reason: str) -> WinnowError:
    """The error of a description: where, and what is wrong there."""
    return WinnowError(f"{file}:{line}: {key or 'the file'} {reason}")


class FieldPlace:
    """A YAML node, and where it stands: for errors."""

    def __init__(self, file: str, node: yaml.Node, key: str = "") -> None:
        self.file, self.node, self.key = file, node, key
        self.line = node.start_mark.line + 1

    def error(self, reason: str) -> WinnowError:
        """What is wrong here."""
        return refusal(self.file, self.line, self.key, reason)

    def mapping(self, allowed: Iterable[str] | None = None) -> dict[str, "FieldPlace"]:
        """Keys as they are written (`on` and `no` are text here), each at most once and of those allowed."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"must hold keys and values{one_of(allowed)}")
        found: dict[str, FieldPlace] = {}
        for key, value in self.node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            place = FieldPlace(self.file, value, f"{self.key}.{name}" if self.key else name)
            place.line = key.start_mark.line + 1
            if name in found or not isinstance(key, yaml.ScalarNode):
                raise place.error("stands there twice" if name in found else "is no plain key")
            if allowed is not None and name not in allowed:
                raise place.error(f"is no key here{one_of(allowed)}")
            found[name] = place
        return found

    def items(self, at_least: int = 1) -> list["FieldPlace"]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode) or len(self.node.value) < at_least:
            raise self.error(f"must be a list of at least {at_least}")
        return [FieldPlace(self.file, node, f"{self.key}[{at}]") for at, node in enumerate(self.node.value)]

    def value(self) -> Any:
        """A scalar: text, number, true or false, null."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("must be a single value")
        # A date is text, too; and a number of thousands of digits takes long, or fails.
        plain = self.node.tag.rpartition(":")[2] in {"int", "float", "bool", "null"} and len(self.node.value) < 32
        return yaml.safe_load(self.node.value) if plain else self.node.value

    def text(self, allowed: Iterable[str] | None = None) -> str:
        """A text that is not empty, and one of those allowed."""
        value = self.value()
        if not isinstance(value, str) or not value:
            raise self.error(f"must be text{one_of(allowed)}")
        if allowed is not None and value not in allowed:
            raise self.error(f"{self.shown()} is not one of those allowed: {', '.join(allowed)}")
        return value

    def shown(self) -> str:
        """The value as errors quote it."""
        value = repr(self.value())
        return value if len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"

    def whole(self) -> int:
        """A whole number of moderate size."""
        value = self.value()
        if type(value) is not int or abs(value) > 1_000_000:
            raise self.error("must be a whole number")
        return value


def one_of(allowed: Iterable[str] | None) -> str:
    """The end of an error that lists what is allowed."""
    return "" if allowed is None else f"; allowed: {', '.join(allowed)}"


def read_places(text: str, file: str, allowed: Iterable[str]) -> FieldPlace:
    """The topmost node. Raises WinnowError for what is no YAML, or more than a description needs."""
    if len(text) > SIZE_LIMIT:
        raise WinnowError(f"{file} has more than {SIZE_LIMIT} characters, which no description of a source needs")
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEPTH_LIMIT:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise refusal(file, line, "", f"must hold no aliases, and nothing more than {DEPTH_LIMIT} levels deep")
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise refusal(file, line, "", f"is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise WinnowError(f"{file} is not YAML: {str(error).splitlines()[0][:160]}") from None
    if node is None:
        raise refusal(file, 1, "", f"is empty{one_of(allowed)}")
    return FieldPlace(file, node)
