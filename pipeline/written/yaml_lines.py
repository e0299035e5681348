"""YAML as plain values, with the line that every one of them stands on. Safe loader, no anchors, no repeated keys, no value that one
YAML reads as another than the next: PyYAML follows YAML 1.1, editors and most other tools 1.2.
"""

import re
from typing import Any

import yaml

from pipeline.written.faults import Fault, WrittenError

Path = tuple[str | int, ...]
SIZE_LIMIT = 1_000_000
DEPTH_LIMIT = 30
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+")


class Lines(dict[Path, int]):
    """Line numbers from 1 by path (keys and list positions). ``joined``: texts of several lines, other than ``|``, that YAML made one."""

    def __init__(self) -> None:
        super().__init__()
        self.joined: set[Path] = set()


def line_of(lines: Lines, path: Path) -> int | None:
    """The line of a path, or of the nearest part around it that stands in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def read_yaml(text: str, file: str, error: type[WrittenError] = WrittenError) -> tuple[Any, Lines]:
    """Values and their lines. Raises ``error`` with all that is wrong, but for syntax, of which the first fault hides the others."""
    if len(text) > SIZE_LIMIT:
        raise error(file, None, f"is larger than {SIZE_LIMIT} characters")
    lines, faults = Lines(), list[Fault]()
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                faults.append(Fault(token.start_mark.line + 1, "anchors and aliases are not allowed: write it out"))
        if faults:
            raise error(file, *faults[0], more=faults[1:])
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        value = None if node is None else _value(loader, node, (), lines, faults)
    except yaml.MarkedYAMLError as fault:
        line = None if fault.problem_mark is None else fault.problem_mark.line + 1
        raise error(file, line, f"is not YAML: {fault.problem or fault.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise error(file, None, f"is not YAML: {str(fault).splitlines()[0][:160]}") from None
    if faults:
        raise error(file, *faults[0], more=faults[1:])
    return value, lines


def dump_yaml(value: Any) -> str:
    """Plain values as YAML that `read_yaml` and readers of YAML 1.2 read as they are."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what only YAML 1.1 takes for a text."""


def _quoted_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, "'" if _EXPONENT.fullmatch(text) else None)


_Dumper.add_representer(str, _quoted_text)


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: Lines, faults: list[Fault]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > DEPTH_LIMIT:
        faults.append(Fault(line, f"is nested deeper than {DEPTH_LIMIT} levels"))
        return None
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # `on:` and `2024:` are a boolean and a number in YAML 1.1; here a key is what was written
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or key in found:
                faults.append(Fault(key_node.start_mark.line + 1, f"key {key!r} is {'repeated' if key else 'no text'}"))
                continue
            lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = _value(loader, value_node, (*path, key), lines, faults)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*path, number), lines, faults) for number, item in enumerate(node.value)]
    if not isinstance(node, yaml.ScalarNode):
        return loader.construct_object(node, deep=True)
    if node.style != "|" and node.end_mark.line > node.start_mark.line:
        lines.joined.add(path)
    value = loader.construct_object(node, deep=True)
    trap = None if node.style is not None else _trap(node, value)
    if trap is not None:
        faults.append(Fault(line, f"{node.value} {trap}"))
    return value


def _trap(node: yaml.ScalarNode, value: object) -> str | None:
    """Why a plain value means another thing to other readers of YAML; None when it does not."""
    written = node.value
    if isinstance(value, bool):
        return (
            None
            if written.lower() in ("true", "false")
            else f"is {str(value).lower()} in YAML 1.1 and a text in 1.2: write true, false or '{written}'"
        )
    if isinstance(value, int) and (re.match(r"[-+]?0[0-9_b]", written) or "_" in written or ":" in written):
        return f"is the number {value} in YAML 1.1: write it plainly, or '{written}' in quotes if it is a text"
    if isinstance(value, float) and (re.search(r"[_:]|inf|nan", written.lower())):
        return f"is the number {value:g} in YAML 1.1: write it plainly, or '{written}' in quotes if it is a text"
    if isinstance(value, str) and node.tag == "tag:yaml.org,2002:str" and _EXPONENT.fullmatch(written):
        return f"is a text in YAML 1.1 and a number in 1.2: write it plainly, or '{written}' in quotes"
    return None
