"""All small faults that a module can have: what `tests.tools.mutation_score` breaks one at a time.

A mutation changes one expression (a comparison, an operator, a number, a condition) or takes one statement out (a call, an await, an
assignment to what lives on, a raise, a jump). Left alone are texts, what is logged, annotations, decorators and declarations: what they
say is for people or for the type checker, and their tests are others.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.NamedExpr, ast.Await)
"""Conditions that hold no operator that could be changed: they are negated."""
_FOR_PEOPLE = ("log.", "logging.")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One fault: in ``file`` the bytes from ``begin`` to ``end`` become ``new``. ``name`` says which it is, however lines move."""

    name: str
    file: str
    line: int
    end_line: int
    begin: int
    end: int
    new: bytes

    def apply(self, text: bytes) -> bytes:
        """The module with this fault in it."""
        return text[: self.begin] + self.new + text[self.end :]


def mutations(root: Path, file: str) -> list[Mutation]:
    """All of a module, in the order of its text; names are told apart by a number where one comes again."""
    text = (root / file).read_bytes()
    seen: Counter[str] = Counter()
    found = []
    for where, node, new in _Finder(text).all():
        begin, end = _extent(text, node)
        old = " ".join(text[begin:end].decode().split())
        name = f"{file} {where}: {old} -> {new}"
        seen[name] += 1
        again = f" #{seen[name]}" if seen[name] > 1 else ""
        replaced = new if isinstance(node, ast.stmt) else f"({new})"
        found.append(Mutation(name + again, file, node.lineno, node.end_lineno or node.lineno, begin, end, replaced.encode()))
    return found


def _extent(text: bytes, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Where a node lies in the bytes of its module."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


class _Finder:
    """Walks a module and says what could be wrong: (function or class, node, text that takes its place)."""

    def __init__(self, text: bytes) -> None:
        self._tree = ast.parse(text)

    def all(self) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
        """In order of the text."""
        yield from self._within(self._tree, "module")

    def _within(self, node: ast.AST, where: str) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
        for child in self._children(node):
            inside = where
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = child.name if where == "module" else f"{where}.{child.name}"
            if isinstance(child, ast.stmt | ast.expr):
                yield from ((inside, child, new) for new in _changes(child))
            if isinstance(child, ast.If | ast.While | ast.IfExp) and isinstance(child.test, _PLAIN):
                yield inside, child.test, _unparse(_negated(child.test))
            yield from self._within(child, inside)

    @staticmethod
    def _children(node: ast.AST) -> Iterator[ast.AST]:
        """Of a node, but for what is for people or for the type checker."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_left_alone(child):
                    yield child


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or ast.unparse(node).startswith(_FOR_PEOPLE)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return isinstance(target, ast.Name) and (target.id == "__all__" or node.value is None)
    return False


def _changes(node: ast.stmt | ast.expr) -> Iterator[str]:
    """What could stand there instead."""
    if isinstance(node, ast.stmt):
        yield from _statement(node)
        return
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield _unparse(ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators))
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield _unparse(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))
    elif isinstance(node, ast.BoolOp):
        yield _unparse(ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _unparse(node.operand)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield str(not node.value)
        elif isinstance(node.value, int | float):
            yield repr(node.value + 1)


def _statement(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Expr):
        if isinstance(node.value, ast.Await):
            yield _unparse(node.value.value)
        if isinstance(node.value, ast.Await | ast.Call):
            yield "pass"
    elif isinstance(node, ast.Raise | ast.Delete | ast.Continue | ast.Break | ast.AugAssign) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript)
    ):
        yield "pass"


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _unparse(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))
