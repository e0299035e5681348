"""In: a description and the tree of its native payload. Out: one function that makes the signal of a decoded payload.

The function is put together as a syntax tree and compiled, never from text: a call for every field, as closures would make it, costs
twelve times what an attribute does, and with twenty fields a third of the whole reading. Nothing that a file says becomes code:
attributes are numbered, texts are constants, transforms are objects.
"""

import ast
from collections.abc import Callable
from itertools import count
from types import CodeType, FunctionType
from typing import Any, TypeAlias, cast

from msgspec import Struct

from schemas.sources.description import (
    EACH,
    At,
    Constant,
    Digest,
    Field,
    Form,
    Gathered,
    IdList,
    Join,
    Lookup,
    OfField,
    Only,
    Option,
    Path,
    Template,
    Versions,
    When,
)
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, missing
from schemas.sources.native import List, NativeTree, Object
from schemas.sources.shapes import DEFAULTS, ESSENTIAL, FIELDS
from schemas.sources.transforms import (
    EPOCHS,
    ID_EPOCHS,
    digest,
    from_epoch,
    gathered,
    joined,
    listed,
    not_after,
    or_arrival,
    time_in_id,
)
from schemas.sources.typed import AuthorRecord, ReachRecord, SignalRecord, unknown_author

Assemble: TypeAlias = Callable[[Any, Any, int | None], tuple[SignalRecord, int] | Malformed]
"""(what is around the envelope, the record, when it arrived in Unix ms) -> (signal, created_at in Unix ms), or which essential field is
unknown."""

_RUNTIME: dict[str, Any] = {
    one.__name__: one
    for one in (
        AuthorRecord, Malformed, ReachRecord, SignalRecord, digest, from_epoch, gathered, instant, joined, listed, not_after,
        or_arrival, time_in_id, unknown_author,
    )
}  # fmt: skip
_NOTHING = ast.Constant(None)


def assembler(form: Form, tree: NativeTree) -> Assemble:
    """The function for one form of payloads."""
    return _Assembly(form, tree).function()


def checker(form: Form, tree: NativeTree) -> Callable[[Any, Any, int | None], bool]:
    """A function that says whether the form reads a decoded payload."""
    return cast(Callable[[Any, Any, int | None], bool], _Assembly(form, tree).check())


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_name(function), list(arguments), [])


def _is_none(value: ast.expr) -> ast.expr:
    return ast.Compare(value, [ast.Is()], [_NOTHING])


def _is_refused(name: str) -> ast.expr:
    return ast.Compare(ast.Attribute(_name(name), "__class__", ast.Load()), [ast.Is()], [_name("Malformed")])


def _assignment(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _all(values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(ast.And(), values)


def _any(values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(ast.Or(), values)


class _Assembly:
    def __init__(self, form: Form, tree: NativeTree) -> None:
        self._form, self._tree = form, tree
        self._lookups = {lookup.name: lookup for lookup in form.lookups}
        self._body: list[ast.stmt] = []
        self._globals = dict(_RUNTIME)
        self._numbers = count()
        self._known: dict[str, ast.expr] = {name: _name(_local(name)) for name in ESSENTIAL}
        self._objects: dict[tuple[str, tuple[str | int, ...]], ast.expr] = {("", ()): _name("record"), ("$", ()): _name("outer")}

    def function(self) -> Assemble:
        for only in self._form.only:
            self._refuse_unless(only)
        fields = self._form.fields
        if "text" in fields and OfField("title") in fields["text"].options:
            self._assign("title", self._field("title"))
            self._known["title"] = _name("title")
        for name in ("id", "source", "kind"):
            self._essential(fields[name])
        if self._form.deletes:
            self._of_unknown("author.id", _call("unknown_author", _name("id")))
            self._of_unknown("text", ast.Constant(""))
        else:
            self._essential(fields["author.id"])
            self._essential(fields["text"])
        self._time(fields.get("created_at", Field("created_at", ())))
        moment: list[ast.expr] = [ast.Subscript(_name("created_at"), ast.Constant(at), ast.Load()) for at in (0, 1)]
        self._known |= {
            "author": self._record(AuthorRecord, "author."),
            "reach": self._record(ReachRecord, "reach."),
            "created_at": moment[0],
        }
        if "revision" in fields and "operation" not in fields:
            self._assign("revision", self._field("revision"))
            self._known["revision"] = _name("revision")
            self._known["operation"] = ast.IfExp(_name("revision"), ast.Constant("update"), ast.Constant("create"))
        signal = self._record(SignalRecord, "")
        self._body.append(ast.Return(ast.Tuple([signal, moment[1]], ast.Load())))
        return self._compiled()

    def check(self) -> Callable[[Any, Any, int | None], Any]:
        for only in self._form.only:
            self._body.append(ast.If(ast.UnaryOp(ast.Not(), self._held(only)), [ast.Return(ast.Constant(False))], []))
        self._body.append(ast.Return(ast.Constant(True)))
        return self._compiled()

    def _compiled(self) -> Assemble:
        module = ast.parse("def assemble(outer, record, arrived_ms): pass")
        cast(ast.FunctionDef, module.body[0]).body = self._body
        code = compile(ast.fix_missing_locations(module), f"<source {self._form.source}>", "exec")
        (inner,) = (constant for constant in code.co_consts if isinstance(constant, CodeType))
        return cast(Assemble, FunctionType(inner, self._globals))

    # -- statements

    def _assign(self, name: str, value: ast.expr) -> None:
        self._body.append(_assignment(name, value))

    def _refuse_if(self, test: ast.expr, refusal: Malformed) -> None:
        self._body.append(ast.If(test, [ast.Return(self._global(refusal))], []))

    def _refuse_unless(self, only: Only) -> None:
        """msgspec has seen to it that words are among the choices, `form` to what is compared."""
        value = self._value(only.path)
        if only.but and only.same is None:
            self._refuse_if(
                ast.Compare(value, [ast.In()], [self._global(only.choices)]), Malformed("unsupported", f"{only.path} is excluded")
            )
        elif only.choices or not only.may_be_absent:
            if not only.may_be_absent:
                self._refuse_if(_is_none(value), missing(str(only.path)))
        else:
            self._refuse_if(ast.Compare(value, [ast.IsNot()], [_NOTHING]), Malformed("unsupported", f"{only.path} is there"))

    def _of_unknown(self, name: str, otherwise: ast.expr) -> None:
        """What a delete need not say."""
        local = _local(name)
        if (field := self._form.fields.get(name)) is None:
            self._assign(local, otherwise)
        else:
            self._options(field, local)
            self._assign(local, ast.BoolOp(ast.Or(), [_name(local), otherwise]))

    def _essential(self, field: Field) -> None:
        name, local, shape = field.name, _local(field.name), FIELDS[field.name]
        self._options(field, local)
        if not isinstance(field.options[-1], Constant):
            unknown = ast.UnaryOp(ast.Not(), _name(local)) if shape.lengths[0] else _is_none(_name(local))
            self._refuse_if(unknown, missing(_written(field)))
        limit = shape.lengths[1]
        if limit is not None and any(isinstance(option, Template) for option in field.options):
            length = ast.Compare(_call("len", _name(local)), [ast.Gt()], [ast.Constant(limit)])
            self._refuse_if(length, Malformed("out_of_range", f"{name} would have more than {limit} characters"))

    def _time(self, field: Field) -> None:
        """The first moment that is an instant; when none is, what is wrong with the first."""
        first, *others = [self._moment(cast(At, option)) for option in field.options] or [self._global(missing("created_at"))]
        self._assign("created_at", first)
        for moment in others:
            take: list[ast.stmt] = [_assignment("created_at", _name("other"))]
            instead = ast.If(ast.UnaryOp(ast.Not(), _is_refused("other")), take, [])
            self._body.append(ast.If(_is_refused("created_at"), [_assignment("other", moment), instead], []))
        if (bound := field.not_after) is not None:
            self._assign("created_at", _call("not_after", _name("created_at"), self._milliseconds(bound)))
        arrival = _assignment("created_at", _call("or_arrival", _name("created_at"), _name("arrived_ms")))
        refusal = ast.If(_is_refused("created_at"), [ast.Return(_name("created_at"))], [])
        self._body.append(ast.If(_is_refused("created_at"), [arrival, refusal], []))

    def _moment(self, option: At) -> ast.expr:
        written = ast.Constant(str(option.path))
        if option.epoch is None:
            return _call("instant", self._value(option.path), written)
        return _call("from_epoch", self._milliseconds(option), written)

    def _milliseconds(self, option: At) -> ast.expr:
        value, unit = self._value(option.path), cast(str, option.epoch)
        if unit in ID_EPOCHS:
            return ast.IfExp(_is_none(value), _NOTHING, _call("time_in_id", value, *map(ast.Constant, ID_EPOCHS[unit])))
        times, per = EPOCHS[unit]
        scaled = ast.BinOp(ast.BinOp(value, ast.Mult(), ast.Constant(times)), ast.FloorDiv(), ast.Constant(per))
        return ast.IfExp(_is_none(value), _NOTHING, scaled)

    def _options(self, field: Field, local: str) -> None:
        """Assign the first option that is known."""
        for at, option in enumerate(field.options):
            target: ast.expr = ast.Name(local, ast.Store())
            if option == OfField("title"):
                target = ast.Tuple([target, ast.Name("title", ast.Store())], ast.Store())
            assign = ast.Assign([target], self._option(option))
            self._body.append(ast.If(_is_none(_name(local)), [assign], []) if at else assign)

    # -- expressions

    def _held(self, only: Only) -> ast.expr:
        return ast.Call(self._global(only.holds), [self._value(path) for path in only.paths], [])

    def _record(self, struct: type[Struct], prefix: str) -> ast.expr:
        names = [f"{prefix}{name}" for name in struct.__struct_fields__]
        arguments = [self._known[name] if name in self._known else self._field(name) for name in names]
        defaults = [_default(name) for name in names]
        while arguments and isinstance(last := arguments[-1], ast.Constant) and last.value == defaults.pop():
            arguments.pop()
        return _call(struct.__name__, *arguments)

    def _field(self, name: str) -> ast.expr:
        """The value of an optional field."""
        field = self._form.fields.get(name)
        default = _default(name)
        if field is None:
            return ast.Constant(default)
        if len(field.options) == 1:
            value = self._option(field.options[0])
        else:
            self._options(field, _local(name))
            value = _name(_local(name))
        return value if default is None or isinstance(value, ast.Constant) else ast.BoolOp(ast.Or(), [value, ast.Constant(default)])

    def _option(self, option: Option) -> ast.expr:
        match option:
            case At():
                return self._transformed(option)
            case Template():
                return self._template(option)
            case Constant():
                return ast.Constant(option.value)
            case OfField():
                return ast.Tuple([_name("title"), _NOTHING], ast.Load()) if option.name == "title" else _name(option.name)
            case When():
                return ast.IfExp(_all([self._held(only) for only in option.only]), self._option(option.option), _NOTHING)
        return self._of_several(option)

    def _gathered(self, option: Gathered) -> ast.expr:
        """The texts in lists, gone through only when there is a first list at all."""
        start, steps = option.path.start, option.path.steps
        at = steps.index(EACH)
        inner: list[str | None] = []
        for depth in range(at, len(steps)):
            node = self._tree.at(Path(start, steps[:depth], 0))
            inner.append(node.attribute(str(steps[depth])) if isinstance(node, Object) else None)
        entries = self._step(start, steps[:at])
        call = option.transform.call if option.transform is not None else None
        return ast.IfExp(entries, _call("gathered", entries, self._global(tuple(inner)), self._global(call)), _NOTHING)

    def _joined(self, option: Join) -> ast.expr:
        """The known parts as one text. Of most records none is known, and looking costs less than a call that finds nothing."""
        parts = []
        for value in map(self._option, option.parts):
            parts.append(_name(f"part{next(self._numbers)}"))
            self._assign(parts[-1].id, value)
        return ast.IfExp(_any([*parts]), _call("joined", ast.Constant(option.separator), *parts), _NOTHING)

    def _of_several(self, option: Digest | Versions | Join | Gathered | IdList) -> ast.expr:
        if isinstance(option, Join):
            return self._joined(option)
        if isinstance(option, Gathered):
            return self._gathered(option)
        if isinstance(option, IdList):
            entries = self._step(option.path.start, option.path.steps[:-1])
            several = ast.Compare(_call("len", entries), [ast.Gt()], [ast.Constant(1)])
            return ast.IfExp(_all([entries, several]), _call("listed", entries), _NOTHING)
        if isinstance(option, Versions):
            entries = self._step(option.path.start, option.path.steps)
            return ast.IfExp(entries, ast.BinOp(_call("len", entries), ast.Sub(), ast.Constant(1)), _NOTHING)
        values = [self._value(path) for path in option.parts]
        known = _all([ast.Compare(value, [ast.IsNot()], [_NOTHING]) for value in values])
        return ast.IfExp(known, _call("digest", *values), _NOTHING)

    def _template(self, option: Template) -> ast.expr:
        known = _all([self._value(path) for path in option.paths()])
        pieces: list[ast.expr] = [
            ast.FormattedValue(self._value(part), -1) if isinstance(part, Path) else ast.Constant(part) for part in option.parts
        ]
        return ast.IfExp(known, ast.JoinedStr(pieces), _NOTHING)

    def _transformed(self, option: At) -> ast.expr:
        value, transform = self._value(option.path), option.transform
        if option.epoch is not None:
            return self._milliseconds(option)
        if transform is None:
            return value
        if transform.inline == "or_none":
            return ast.BoolOp(ast.Or(), [value, _NOTHING])
        if transform.inline == "unless_in":
            return ast.IfExp(ast.Compare(value, [ast.In()], [self._global(transform.values)]), _NOTHING, value)
        others = [] if option.by is None else [self._value(option.by)]
        return ast.IfExp(_is_none(value), _NOTHING, ast.Call(self._global(transform.call), [value, *others], []))

    def _value(self, path: Path) -> ast.expr:
        """What sits at a path; unknown objects on the way have become empty ones."""
        return self._step(path.start, path.steps)

    def _step(self, start: str, steps: tuple[str | int, ...]) -> ast.expr:
        parent = self._tree.at(Path(start, steps[:-1], 0))
        if isinstance(parent, List):
            entries, index = self._step(start, steps[:-1]), ast.Constant(steps[-1])
            known = [entries]
            if steps[-1]:
                known.append(ast.Compare(_call("len", entries), [ast.Gt()], [index]))
            return ast.IfExp(_all(known), ast.Subscript(entries, index, ast.Load()), _NOTHING)
        assert isinstance(parent, Object)
        return ast.Attribute(self._object(start, steps[:-1]), parent.attribute(str(steps[-1])), ast.Load())

    def _object(self, start: str, steps: tuple[str | int, ...]) -> ast.expr:
        """The variable that holds an object."""
        if start == "$" and self._tree.outer is self._tree.record:
            start = ""
        if (start, steps) not in self._objects:
            node = self._tree.at(Path(start, steps, 0))
            assert isinstance(node, Object)
            variable = f"object{next(self._numbers)}"
            if steps:
                self._assign(variable, ast.BoolOp(ast.Or(), [self._step(start, steps), self._global(node.empty)]))
            else:
                self._look_up(variable, self._lookups[start], node)
            self._objects[start, steps] = _name(variable)
        return self._objects[start, steps]

    def _look_up(self, variable: str, lookup: Lookup, node: Object) -> None:
        """Find the first entry with the value that is looked for; an unknown value is nobody's."""
        entries = self._value(lookup.entries)
        wanted = self._value(lookup.value) if isinstance(lookup.value, Path) else ast.Constant(lookup.value)
        some = entries if isinstance(wanted, ast.Constant) else _all([entries, ast.Compare(wanted, [ast.IsNot()], [_NOTHING])])
        is_it = ast.Compare(ast.Attribute(_name("entry"), node.attribute(lookup.where), ast.Load()), [ast.Eq()], [wanted])
        take: list[ast.stmt] = [ast.Assign([ast.Name(variable, ast.Store())], _name("entry")), ast.Break()]
        search = ast.For(ast.Name("entry", ast.Store()), entries, [ast.If(is_it, take, [])], [])
        self._assign(variable, self._global(node.empty))
        self._body.append(ast.If(some, [search], []))

    def _global(self, value: Any) -> ast.expr:
        name = f"constant{len(self._globals)}"
        self._globals[name] = value
        return _name(name)


def _default(name: str) -> Any:
    """What an optional field is when nobody says it."""
    return DEFAULTS.get(name)


def _local(name: str) -> str:
    return name.replace(".", "_")


def _written(field: Field) -> str:
    """The native name of an essential field, for reasons: that of its last option, which is the plainest."""
    paths = [path for option in field.options for path in option.paths()[:1]]
    return str(paths[-1]) if paths else field.name
