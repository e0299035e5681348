"""YAML as plain values, with the line that every one of them stands on. Safe loader, no anchors, no repeated keys."""

from typing import Any

import yaml

from schemas.errors import WinnowError

Path = tuple[str | int, ...]
SIZE_LIMIT = 1_000_000
DEPTH_LIMIT = 30


class PolicyError(WinnowError):
    """A policy that is refused: ``file``, ``line``, ``rule`` (None outside a rule) and ``reason``."""

    def __init__(self, file: str, line: int | None, reason: str, rule: str | None = None) -> None:
        place = file if line is None else f"{file}:{line}"
        about = "" if rule is None else f" rule {rule!r}:"
        super().__init__(f"{place}:{about} {reason}", hint="The policy in force stays in force; correct the file")
        self.file = file
        self.line = line
        self.rule = rule
        self.reason = reason


def read_yaml(text: str, file: str) -> tuple[Any, dict[Path, int]]:
    """Values and, by path (keys and list positions), their line numbers from 1. Raises PolicyError."""
    if len(text) > SIZE_LIMIT:
        raise PolicyError(file, None, f"is larger than {SIZE_LIMIT} characters")
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                raise PolicyError(file, token.start_mark.line + 1, "anchors and aliases are not allowed: write it out")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        value = None if node is None else _value(loader, node, (), lines, file)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise PolicyError(file, line, f"is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PolicyError(file, None, f"is not YAML: {str(error).splitlines()[0][:160]}") from None
    return value, lines


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > DEPTH_LIMIT:
        raise PolicyError(file, line, f"is nested deeper than {DEPTH_LIMIT} levels")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # `on:` and `2024:` are a boolean and a number in YAML 1.1; here a key is what was written
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or key in found:
                raise PolicyError(file, key_node.start_mark.line + 1, f"key {key!r} is {'repeated' if key else 'no text'}")
            lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = _value(loader, value_node, (*path, key), lines, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*path, number), lines, file) for number, item in enumerate(node.value)]
    return loader.construct_object(node, deep=True)
