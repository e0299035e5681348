"""Counts what the house looks like, so that it can be watched: ``python -m tests.tools.structure [--root FOLDER] [--way] [--json]``.

Modules per package, arrows between packages, imports that go past a package's face, class names that stand for several things, the
longest functions, bare integers in compiled functions, and (``--way``) the files and functions that one ticket crosses from its payload
to its action. `tests/contract/test_structure.py` holds the limits.
"""

import argparse
import ast
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

LAYERS = ("agents", "pipeline", "models", "schemas")
PLAIN = frozenset((0, 1, 2))
"""Integers that a kernel may say without a name: places, steps, and minus one by its sign."""


@dataclass(slots=True)
class Structure:
    """What was counted. Functions and integers are named ``file:function``."""

    modules: dict[str, int] = field(default_factory=dict)
    arrows: dict[str, int] = field(default_factory=dict)
    past_faces: list[str] = field(default_factory=list)
    shared_class_names: dict[str, list[str]] = field(default_factory=dict)
    longest_functions: dict[str, int] = field(default_factory=dict)
    compiled_functions: int = 0
    bare_integers: dict[str, int] = field(default_factory=dict)
    way: dict[str, list[str]] = field(default_factory=dict)


def modules_of(root: Path) -> dict[str, Path]:
    """Dotted name -> file, of every module under the four layers."""
    found = {}
    for layer in LAYERS:
        for file in sorted((root / layer).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def package_of(module: str, packages: frozenset[str]) -> str:
    """``pipeline.act`` of ``pipeline.act.shard``; the layer itself for a module that lies in no package."""
    inner = ".".join(module.split(".")[:2])
    return inner if inner in packages else module.split(".", maxsplit=1)[0]


def measure(root: Path) -> Structure:
    """Count everything but the ticket's way."""
    modules = modules_of(root)
    packages = frozenset(name for name in modules if name.count(".") == 1 and modules[name].name == "__init__.py")
    trees = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in modules.items()}
    found = Structure()
    found.modules = dict(Counter(package_of(name, packages) for name, file in modules.items() if file.name != "__init__.py"))
    arrows: Counter[str] = Counter()
    classes: defaultdict[str, list[str]] = defaultdict(list)
    lengths: dict[str, int] = {}
    for name, tree in trees.items():
        mine = package_of(name, packages)
        for target, line in imported(tree, modules):
            theirs = package_of(target, packages)
            if theirs != mine:
                arrows[f"{mine} -> {theirs}"] += 1
                if theirs in packages and target != theirs and not _is_handed_on(target, theirs, trees):
                    found.past_faces.append(f"{modules[name].relative_to(root)}:{line} imports {target}")
        for node in ast.walk(tree):
            place = modules[name].relative_to(root)
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(str(place))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{place}:{node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
                if any(_is_compiler(decorator) for decorator in node.decorator_list):
                    found.compiled_functions += 1
                    if bare := sum(1 for inner in ast.walk(node) if _is_bare(inner)):
                        found.bare_integers[f"{place}:{node.name}"] = bare
    found.arrows = dict(sorted(arrows.items()))
    found.shared_class_names = {name: places for name, places in sorted(classes.items()) if len(places) > 1}
    found.longest_functions = dict(sorted(lengths.items(), key=lambda item: -item[1])[:10])
    return found


def imported(tree: ast.Module, modules: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """Project modules that a module imports, with the line; ``from package import module`` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            for name in {alias.name for alias in node.names}:
                inner = f"{node.module}.{name}"
                yield (inner if inner in modules else node.module), node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in modules:
                    yield alias.name, node.lineno


def _is_handed_on(module: str, package: str, trees: dict[str, ast.Module]) -> bool:
    """Whether a package hands on this module itself, as a name space in its ``__all__``, or has no face of its own."""
    listed = next(
        (
            {element.value for element in node.value.elts if isinstance(element, ast.Constant)}
            for node in trees[package].body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__all__"
            and isinstance(node.value, ast.List)
        ),
        None,
    )
    return listed is None or module.removeprefix(f"{package}.").split(".")[0] in listed


def _is_compiler(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in ("compiled", "njit")


def _is_bare(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value not in PLAIN


TICKET = {
    "id": 4711, "requester_id": 42, "created_at": "2027-01-15T08:00:00Z", "subject": "Aurora Air lost my bag",
    "description": "Aurora Air lost my bag in Boston, nobody answers and my flight home is tomorrow. This is a disgrace!",
}  # fmt: skip


def way() -> dict[str, list[str]]:
    """File -> functions that one ticket crosses from its payload to an action, by a trace of the whole flow without Kafka."""
    from agents.settings import load_settings  # noqa: PLC0415  # counting alone needs none of the project
    from agents.stages import build  # noqa: PLC0415
    from pipeline.flow import Arrival  # noqa: PLC0415

    root = f"{Path.cwd()}/"
    seen: defaultdict[str, set[str]] = defaultdict(set)

    def note(frame: object, event: str, _: object) -> None:
        if event == "call":
            code = frame.f_code  # type: ignore[attr-defined]  # types.FrameType
            if code.co_filename.startswith(root) and not code.co_name.startswith("<"):
                file = code.co_filename.removeprefix(root)
                if file.split("/")[0] in LAYERS:
                    seen[file].add(code.co_name)

    flow = build.flow(load_settings())
    arrival = Arrival("feedback", b"4711", json.dumps(TICKET).encode(), (("source", b"zendesk"),), 1_800_000_000_000)
    sys.setprofile(note)
    try:
        outputs = list(flow.run([arrival]))
    finally:
        sys.setprofile(None)
    if not any(output.noun.startswith("actions.") for output in outputs):
        raise SystemExit("the ticket led to no action: its way is not known")
    return {file: sorted(functions) for file, functions in sorted(seen.items())}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of the project")
    parser.add_argument("--way", action="store_true", help="also trace one ticket")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    asked = parser.parse_args()
    found = measure(asked.root.resolve())
    if asked.way:
        found.way = way()
    if asked.json:
        print(json.dumps(asdict(found), indent=2))
        return
    for package, count in sorted(found.modules.items()):
        print(f"{count:4} modules  {package}")
    print(f"{len(found.arrows):4} arrows between packages, {sum(found.arrows.values())} imports, {len(found.past_faces)} past a face")
    print(f"{len(found.shared_class_names):4} class names that stand for several things: {', '.join(found.shared_class_names)}")
    print(f"{sum(found.bare_integers.values()):4} bare integers in {found.compiled_functions} compiled functions")
    for name, lines in list(found.longest_functions.items())[:3]:
        print(f"{lines:4} lines  {name}")
    if asked.way:
        for file, names in found.way.items():
            print(f"     {file}: {', '.join(names)}")
        print(f"{len(found.way):4} files and {sum(len(names) for names in found.way.values())} functions on a ticket's way")


if __name__ == "__main__":
    main()
