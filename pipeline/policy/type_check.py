"""Checks the tree of a condition before anything is evaluated: names, types, closed lists, bounds and cost. For `conditions`."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from pipeline.policy.fact_table import AROUND, RECORDS, SITUATION, Fact
from pipeline.policy.forms import doubt, misfit
from pipeline.policy.syntax import Node, path

COST_LIMIT = 1_000
"""Steps of one evaluation: some milliseconds."""

OPEN_SIZE = 50
"""How many entries are assumed of what has no closed list, such as networks."""


class Type(NamedTuple):
    """``name``: one of WORDS; ``values``, ``low``, ``high``, ``form`` as in `Fact`; ``item``: of a list's entries, ``size``: how many."""

    name: str
    values: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    item: str = "any"
    size: int = OPEN_SIZE
    form: str = ""


WORDS = {
    "text": "a text", "whole": "a whole number", "real": "a real number", "true": "true or false", "null": "null", "list": "a list",
    "counts": "counts by name", "shares": "shares by name", "situation": "the whole situation", "local": "the whole local time",
    "bytes": "bytes", "map": "a mapping", "any": "something",
}  # fmt: skip
_NUMBERS = ("whole", "real")
_BY_NAME = {"counts": Type("whole", (), 0), "shares": Type("real", (), 0.0, 1.0)}
"""What has entries by name -> what they are."""

_ANY = Type("any")
_TEXT_METHODS = {"contains": "text", "startsWith": "text", "endsWith": "text", "matches": "text", "mentions": "text"}
_GLOBALS = {
    "size",
    "double",
    "int",
    "string",
    "has",
    "duration",
    "timestamp",
    "type",
    "bytes",
    "bool",
    "uint",
    "dyn",
    "mentions",
    "matches",
}
_RESULTS = {"size": "whole", "double": "real", "int": "whole", "string": "text", "has": "true", "bool": "true", "uint": "whole"}
_RESULTS |= {"mentions": "true", "matches": "true"}
_NO_LETTERS = re.compile(r"\\[pP]\{[^}]*\}|\\.|\(\?P?<\w+>|\[\[?:?[^]]*\]")
"""What stands in a pattern for other than itself: classes, escapes, names of groups; also sets, which may have small letters, too."""
_CAPITAL = re.compile(r"[A-Z]")
_TIME_METHODS = {
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
}


def doubts(text: str, tree: Node) -> list[str]:
    """What a condition without faults says that is hardly meant, each once."""
    checker = _Checker(text)
    checker.type_of(tree, {})
    return list(dict.fromkeys(checker.doubts))


def faults(text: str, tree: Node) -> list[str]:
    """What is wrong in a condition, each once, in the author's words; empty when nothing is."""
    checker = _Checker(text)
    result = checker.type_of(tree, {})
    if result.name not in ("true", "any"):
        checker.wrong.append(f"is {WORDS[result.name]}, not true or false")
    found = list(dict.fromkeys(checker.wrong))
    if not found and checker.cost > COST_LIMIT:
        found.append(f"goes over too much: {checker.cost:,} steps where {COST_LIMIT:,} are allowed; nest all, exists, map and filter less")
    return found


class _Checker:
    def __init__(self, text: str) -> None:
        self._text = text
        self._factor = 1
        self.wrong: list[str] = []
        self.doubts: list[str] = []
        self.cost = 0

    def type_of(self, node: Node, bound: Mapping[str, Type]) -> Type:
        """Type of a part; what is wrong in it is noted."""
        self.cost += self._factor
        if node.kind in ("text", "whole", "real", "true", "null", "bytes"):
            return Type(node.kind)
        return getattr(self, f"_{node.kind}")(node, bound)  # type: ignore[no-any-return]  # one method a kind of `Node`

    def _quoted(self, node: Node) -> str:
        return " ".join(self._text[node.at : node.end].split())[:80]

    def _note(self, what: str) -> Type:
        self.wrong.append(what)
        return _ANY

    def _formed(self, node: Node, form: str, value: object) -> None:
        """Note what is wrong with a text, or a name of counts, for its form."""
        if reason := misfit(form, str(value)):
            self._note(f"{self._quoted(node)!r}: {reason}")
        elif reason := doubt(form, str(value)):
            self.doubts.append(f"{self._quoted(node)!r}: {reason}")

    # -- names -------------------------------------------------------------------------------------------------------

    def _name(self, node: Node, bound: Mapping[str, Type]) -> Type:
        name = str(node.value)
        if name in bound:
            return bound[name]
        if name in RECORDS:
            return Type(name)
        if name in AROUND:
            return _of(AROUND[name])
        if name in ("int", "double", "string", "bool", "list", "map"):
            return _ANY
        return self._note(
            f"unknown name {name!r}{_near(name, (*AROUND, *RECORDS, *SITUATION))}; known are {', '.join((*RECORDS, *AROUND))}"
        )

    def _field(self, node: Node, bound: Mapping[str, Type]) -> Type:
        of = self.type_of(node.parts[0], bound)
        self._formed(node, of.form, node.value)
        return self._entry(of, str(node.value), node.parts[0])

    def _index(self, node: Node, bound: Mapping[str, Type]) -> Type:
        of, key = self.type_of(node.parts[0], bound), self.type_of(node.parts[1], bound)
        if of.name in (*_BY_NAME, *RECORDS) and node.parts[1].kind == "text":
            self._formed(node, of.form, node.parts[1].value)
            return self._entry(of, str(node.parts[1].value), node.parts[0])
        if of.name in _BY_NAME:
            if key.name not in ("text", "any"):
                return self._note(f"{self._quoted(node)!r}: entries of {self._quoted(node.parts[0])} have names, not {WORDS[key.name]}")
            return _BY_NAME[of.name]
        if of.name in ("list", "any", "map"):
            return Type(of.item) if of.name == "list" else _ANY
        return self._note(f"{self._quoted(node)!r}: {WORDS[of.name]} has no entries")

    def _entry(self, of: Type, name: str, where: Node) -> Type:
        if of.name in RECORDS:
            known = RECORDS[of.name]
            if name in known:
                return _of(known[name])
            return self._note(f"unknown field {name!r} of {of.name}{_near(name, known)}; known are {', '.join(known)}")
        if of.name in _BY_NAME:
            if of.values and name not in of.values:
                return self._note(
                    f"unknown field {name!r} of {self._quoted(where)}{_near(name, of.values)}; known are {', '.join(of.values)}"
                )
            return _BY_NAME[of.name]
        if of.name in ("any", "map"):
            return _ANY
        return self._note(f"unknown field {name!r}: {self._quoted(where)} is {WORDS[of.name]}")

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: Node, bound: Mapping[str, Type]) -> Type:
        name = str(node.value)
        if name not in _GLOBALS:
            return self._note(
                f"unknown function {name!r}; known are size, double, int, string, has, and text.mentions, .contains, .matches"
            )
        found = [self.type_of(part, bound) for part in node.parts]
        if name in ("mentions", "matches"):
            return self._on_text(node, name, found)
        return Type(_RESULTS.get(name, "any"))

    def _method(self, node: Node, bound: Mapping[str, Type]) -> Type:
        name = str(node.value)
        found = [self.type_of(part, bound) for part in node.parts]
        if name in _TEXT_METHODS:
            return self._on_text(node, name, found)
        if name == "size" and len(found) == 1:
            if found[0].name not in ("text", "list", *_BY_NAME, "map", "bytes", "any"):
                return self._note(f"{self._quoted(node)!r}: {WORDS[found[0].name]} has no size")
            return Type("whole", (), 0)
        if name in _TIME_METHODS and found[0].name == "any":
            return Type("whole")
        return self._note(f"unknown function {name!r}; a text has {', '.join(_TEXT_METHODS)}, size{_near(name, _TEXT_METHODS)}")

    def _on_text(self, node: Node, name: str, found: list[Type]) -> Type:
        if len(found) != 2:
            return self._note(f"{self._quoted(node)!r}: {name} takes one text")
        for part, type_ in zip(node.parts, found, strict=True):
            if type_.name not in ("text", "any"):
                return self._note(f"{name} takes texts (types do not fit): {self._quoted(part)!r} is {WORDS[type_.name]}")
        words = node.parts[1]
        if words.kind == "text" and path(node.parts[0]) == "text" and name != "mentions":
            said = str(words.value)
            if name == "matches" and _CAPITAL.search(_NO_LETTERS.sub("", said)) and "(?i" not in said:
                return self._note(f"{self._quoted(node)!r} asks for capitals, but text is in small letters: write them small")
            if name != "matches" and said != said.lower():
                return self._note(f"{self._quoted(node)!r} is never true: text is in small letters; write {said.lower()!r}")
        if name == "mentions" and words.kind == "text" and not any(word.strip() for word in str(words.value).split(",")):
            return self._note(f"{self._quoted(node)!r} names no word")
        return Type("true")

    def _macro(self, node: Node, bound: Mapping[str, Type]) -> Type:
        assert isinstance(node.value, tuple)
        name, variable = node.value
        over = self.type_of(node.parts[0], bound)
        if over.name not in ("list", *_BY_NAME, "map", "any"):
            return self._note(f"{self._quoted(node)!r}: {name} goes over a list or counts, not over {WORDS[over.name]}")
        size = len(over.values) or over.size
        item = Type("text", over.values) if over.name in _BY_NAME else Type(over.item)
        before, self._factor = self._factor, self._factor * size
        results = [self.type_of(part, {**bound, variable: item}) for part in node.parts[1:]]
        self._factor = before
        if name == "map":
            return Type("list", item=results[-1].name, size=size)
        self._must_be_true(node.parts[1], results[0])
        return Type("list", item=item.name, size=size) if name == "filter" else Type("true")

    # -- signs -------------------------------------------------------------------------------------------------------

    def _list(self, node: Node, bound: Mapping[str, Type]) -> Type:
        names = {self.type_of(part, bound).name for part in node.parts}
        return Type("list", item=names.pop() if len(names) == 1 else "any", size=max(len(node.parts), 1))

    def _map(self, node: Node, bound: Mapping[str, Type]) -> Type:
        for part in node.parts:
            self.type_of(part, bound)
        return Type("map", size=max(len(node.parts) // 2, 1))

    def _not(self, node: Node, bound: Mapping[str, Type]) -> Type:
        self._must_be_true(node.parts[0], self.type_of(node.parts[0], bound))
        return Type("true")

    def _neg(self, node: Node, bound: Mapping[str, Type]) -> Type:
        of = self.type_of(node.parts[0], bound)
        if of.name not in (*_NUMBERS, "any"):
            return self._note(f"{self._quoted(node)!r}: {WORDS[of.name]} cannot be negative (types do not fit)")
        return Type(of.name)

    def _if(self, node: Node, bound: Mapping[str, Type]) -> Type:
        asked, then, otherwise = (self.type_of(part, bound) for part in node.parts)
        self._must_be_true(node.parts[0], asked)
        return then if then.name == otherwise.name else _ANY

    def _must_be_true(self, node: Node, type_: Type) -> None:
        if type_.name not in ("true", "any"):
            self._note(f"{self._quoted(node)!r} is {WORDS[type_.name]}, not true or false (types do not fit)")

    def _op(self, node: Node, bound: Mapping[str, Type]) -> Type:
        left, right = (self.type_of(part, bound) for part in node.parts)
        if node.value in ("&&", "||"):
            for part, type_ in zip(node.parts, (left, right), strict=True):
                self._must_be_true(part, type_)
            return Type("true")
        if node.value in ("+", "-", "*", "/", "%"):
            return self._reckon(node, left, right)
        if node.value == "in":
            return self._member_of(node, left, right)
        return self._compare(node, left, right)

    def _reckon(self, node: Node, left: Type, right: Type) -> Type:
        if "any" in (left.name, right.name):
            return _ANY
        fits = left.name in (*_NUMBERS, *(("text", "list") if node.value == "+" else ()))
        if left.name == right.name and fits:
            return Type(left.name)
        hint = "; write double(...) around the whole number, or 2.0 for 2" if {left.name, right.name} == set(_NUMBERS) else ""
        return self._note(f"{self._sides(node, left, right)}: {node.value} takes two numbers of one type (types do not fit){hint}")

    def _sides(self, node: Node, left: Type, right: Type) -> str:
        one, other = (self._quoted(part) for part in node.parts)
        return f"{self._quoted(node)!r}: {one} is {WORDS[left.name]}, {other} is {WORDS[right.name]}"

    def _member_of(self, node: Node, left: Type, right: Type) -> Type:
        item, listed = node.parts
        if right.name not in ("list", *_BY_NAME, "map", "any"):
            return self._note(f"{self._sides(node, left, right)}: `in` takes a list such as ['a', 'b'] (types do not fit)")
        if right.name in _BY_NAME and left.name not in ("text", "any"):
            return self._note(f"{self._sides(node, left, right)}: names of counts are texts (types do not fit)")
        if right.name in _BY_NAME and right.values and item.kind == "text" and item.value not in right.values:
            return self._note(_outside(self._quoted(listed), str(item.value), right.values))
        if right.name in _BY_NAME and item.kind == "text":
            self._formed(node, right.form, item.value)
        if right.name == "list" and listed.kind != "list" and right.item not in (left.name, "any") and left.name != "any":
            return self._note(f"{self._quoted(node)!r}: entries of {self._quoted(listed)} are texts (types do not fit)")
        if path(listed) == "situation.words" and item.kind == "text" and item.value != str(item.value).lower():
            return self._note(f"{self._quoted(node)!r}: words are in small letters; write {str(item.value).lower()!r}")
        for part in listed.parts if listed.kind == "list" else ():
            self._pair(node, item, left, part, Type(part.kind if part.kind in WORDS else "any"))
        return Type("true")

    def _compare(self, node: Node, left: Type, right: Type) -> Type:
        first, second = node.parts
        if node.value not in ("==", "!="):
            for part, type_ in ((first, left), (second, right)):
                if type_.values and type_.name == "text":
                    listed = ", ".join(type_.values)
                    return self._note(
                        f"{self._quoted(node)!r}: {self._quoted(part)} has no order that {node.value} knows; use == or in: {listed}"
                    )
                if type_.name in ("true", "null", "list", *_BY_NAME, "map", *RECORDS):
                    return self._note(f"{self._sides(node, left, right)}: {node.value} takes numbers or texts (types do not fit)")
        self._pair(node, first, left, second, right)
        if not self.wrong:
            self._pair(node, second, right, first, left)
        return Type("true")

    def _pair(self, node: Node, one: Node, left: Type, other: Node, right: Type) -> None:
        """What is wrong with comparing one side, a fact perhaps, with the other, a literal perhaps."""
        if left.name != right.name and "any" not in (left.name, right.name) and not {left.name, right.name} <= set(_NUMBERS):
            quoted = f"{self._quoted(one)} is {WORDS[left.name]}, {self._quoted(other)} is {WORDS[right.name]}"
            self._note(f"{self._quoted(node)!r}: {quoted} (types do not fit)")
        elif left.name == "text" and left.values and other.kind == "text" and other.value not in left.values:
            self._note(_outside(self._quoted(one), str(other.value), left.values))
        elif left.name == "text" and other.kind == "text" and (left.form == "date" or (left.form and node.value in ("==", "!=", "in"))):
            self._formed(node, left.form, other.value)
        elif path(one) == "text" and other.kind == "text" and other.value != str(other.value).lower():
            self._note(f"{self._quoted(node)!r}: text is in small letters; write {str(other.value).lower()!r}")
        elif path(one) == "text" and other.kind == "text" and node.value in ("==", "in"):
            self.doubts.append(
                f"{self._quoted(node)!r} is true only of exactly these words: text.mentions(...) looks for them in what was said"
            )
        elif left.name in _NUMBERS and isinstance(other.value, int | float) and not left.low <= other.value <= left.high:
            bounds = f"from {left.low:g}" + (f" to {left.high:g}" if left.high != float("inf") else " up")
            self._note(f"{self._quoted(node)!r}: {self._quoted(one)} is {bounds}, never {other.value:g}")


def _of(fact: Fact) -> Type:
    if fact.type == "texts":
        return Type("list", item="text")
    return Type(fact.type, fact.values, fact.low, fact.high, form=fact.form)


def _outside(what: str, value: str, values: tuple[str, ...]) -> str:
    return f"{what} is never {value!r}{_near(value, values)}; it is one of {', '.join(values)}"


def _near(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    return next((f" (did you mean {one!r}?)" for one in _closest(word, known)), "")


def _closest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> Iterator[str]:
    folded = word.lower()
    yield from (one for one in known if one == folded or folded.startswith(one) or (len(folded) > 2 and one.startswith(folded)))
    yield from get_close_matches(folded, list(known), 1)
