"""The text of a CEL expression in, its tree out: with its comments gone and every part knowing where it stands. For `conditions`.

CEL itself compiles and evaluates; this tree is what is checked before (types, closed lists, cost) and what says which facts are read.
Grammar: the CEL specification, https://github.com/google/cel-spec/blob/master/doc/langdef.md.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*)
  | (?P<raw>(?:[rR][bB]?|[bB][rR])(?:'''(?:.*?)'''|\"\"\"(?:.*?)\"\"\"|'[^'\n]*'|"[^"\n]*"))
  | (?P<text>[bB]?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
  | (?P<real>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<whole>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})


class Token(NamedTuple):
    """A word, number, text or sign of an expression, and from where to where it stands."""

    kind: str
    text: str
    at: int
    end: int


class Node(NamedTuple):
    """A part of an expression.

    kind      value                                  parts
    text      the text                               -
    bytes     as written                             -
    whole     int                                    -
    real      float                                  -
    true      bool                                   -
    null      None                                   -
    name      a fact's or a bound name               -
    field     the field's name                       what it is a field of
    index     None                                   what, by what
    call      the function's name                    arguments
    method    the function's name                    what it is called on, arguments
    macro     "all", "exists", ..., its bound name   what it goes over, what is asked of each
    list, map None                                   elements; keys and values by turns
    not, neg  None                                   what
    op        the sign                               left, right
    if        None                                   condition, then, else
    """

    kind: str
    value: object
    parts: tuple["Node", ...]
    at: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of an expression, comments and white space left out. Raises ValueError at what is none."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"syntax error: column {at + 1}, nothing in CEL begins with {text[at : at + 12]!r}")
        assert match.lastgroup is not None
        if match.lastgroup not in ("space", "comment"):
            kind = "text" if match.lastgroup == "raw" else match.lastgroup  # in a raw one a backslash escapes nothing, not its end either
            found.append(Token(kind, match.group(), at, match.end()))
        at = match.end()
    return found


def words_of(bare: str, node: Node) -> str:
    """The words of a part of an expression, whole by themselves: the brackets around what a node begins or ends with are in no node.

    >>> tree = parse("(a + 1) * 2 > (b)")
    >>> words_of("(a + 1) * 2 > (b)", tree)
    '(a + 1) * 2 > (b)'
    """
    text = bare[node.at : node.end]
    depth = lowest = 0
    for token in tokens(text):
        if token.kind == "sign":
            depth += (token.text == "(") - (token.text == ")")
            lowest = min(lowest, depth)
    return "(" * -lowest + text + ")" * (depth - lowest)


def without_comments(text: str) -> str:
    """The expression with blanks in the place of its comments, so that columns stay. Raises ValueError for a comment that may hold more.

    YAML joins the lines of plain text and of `>`: what was written in the line below a comment would become a part of it.
    """
    pieces, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return text  # CEL says better what is wrong with it
        if match.lastgroup == "comment":
            if "\n" not in text.strip():
                raise ValueError(
                    "a comment in a condition of one line hides all that follows it: use `when: |`, or # outside of the condition"
                )
            pieces.append(" " * len(match.group()))
        else:
            pieces.append(match.group())
        at = match.end()
    return "".join(pieces)


def parse(text: str) -> Node:
    """The tree of an expression. Raises ValueError for what is no expression."""
    return _Parser(text).whole()


def walk(node: Node) -> Iterator[Node]:
    """A part and all its parts."""
    yield node
    for part in node.parts:
        yield from walk(part)


def path(node: Node) -> str | None:
    """``situation.intents.complaint`` of such a part, also when written with brackets; None of any other."""
    names: list[str] = []
    while node.kind in ("field", "index"):
        key = node.value if node.kind == "field" else node.parts[1].value if node.parts[1].kind == "text" else None
        if not isinstance(key, str):
            return None
        names.append(key)
        node = node.parts[0]
    return ".".join([str(node.value), *reversed(names)]) if node.kind == "name" else None


class _Parser:
    """Recursive descent, one method a level of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._next = 0
        self._length = len(text)

    def whole(self) -> Node:
        """All of the text as one expression."""
        node = self._expression()
        if self._next < len(self._tokens):
            raise self._wrong()
        return node

    def _expression(self) -> Node:
        asked = self._binary(0)
        if not self._take("?"):
            return asked
        then = self._binary(0)
        self._need(":")
        otherwise = self._expression()
        return Node("if", None, (asked, then, otherwise), asked.at, otherwise.end)

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (sign := self._sign(_LEVELS[level])) is not None:
            right = self._binary(level + 1)
            left = Node("op", sign, (left, right), left.at, right.end)
        return left

    def _unary(self) -> Node:
        signs = []
        while (token := self._peek()) is not None and token.kind == "sign" and token.text in ("!", "-"):
            signs.append(token)
            self._next += 1
        node = self._member()
        for token in reversed(signs):
            if token.text == "-" and node.kind in ("whole", "real") and isinstance(node.value, int | float):
                node = node._replace(value=-node.value, at=token.at)
            else:
                node = Node("not" if token.text == "!" else "neg", None, (node,), token.at, node.end)
        return node

    def _member(self) -> Node:
        node = self._primary()
        while True:
            if self._take("."):
                name = self._name()
                if self._take("("):
                    node = self._method(node, name.text, self._list(")"))
                else:
                    node = Node("field", name.text, (node,), node.at, name.end)
            elif self._take("["):
                key = self._expression()
                node = Node("index", None, (node, key), node.at, self._need("]").end)
            else:
                return node

    def _method(self, on: Node, name: str, arguments: tuple[Node, ...]) -> Node:
        end = self._tokens[self._next - 1].end
        if name in MACROS and len(arguments) > 1 and arguments[0].kind == "name":
            return Node("macro", (name, arguments[0].value), (on, *arguments[1:]), on.at, end)
        return Node("method", name, (on, *arguments), on.at, end)

    def _primary(self) -> Node:
        token = self._peek()
        if token is None:
            raise self._wrong()
        self._next += 1
        if token.kind == "sign" and token.text == "(":
            node = self._expression()
            self._need(")")
            return node
        if token.kind == "sign" and token.text in "[{":
            parts = self._list("]") if token.text == "[" else self._entries()
            return Node("list" if token.text == "[" else "map", None, parts, token.at, self._tokens[self._next - 1].end)
        if token.kind == "name" and token.text not in ("true", "false", "null", "in"):
            if self._take("("):
                arguments = self._list(")")
                return Node("call", token.text, arguments, token.at, self._tokens[self._next - 1].end)
            return Node("name", token.text, (), token.at, token.end)
        return _literal(token)

    def _list(self, end: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._take(end):
            if parts:
                self._need(",")
                if self._take(end):
                    break
            parts.append(self._expression())
        return tuple(parts)

    def _entries(self) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._take("}"):
            if parts:
                self._need(",")
            parts.append(self._expression())
            self._need(":")
            parts.append(self._expression())
        return tuple(parts)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _sign(self, signs: tuple[str, ...]) -> str | None:
        token = self._peek()
        if token is None or token.kind == "text" or token.text not in signs:
            return None
        self._next += 1
        return token.text

    def _take(self, sign: str) -> bool:
        return self._sign((sign,)) is not None

    def _need(self, sign: str) -> Token:
        if not self._take(sign):
            raise self._wrong(f", {sign!r} is missing")
        return self._tokens[self._next - 1]

    def _name(self) -> Token:
        token = self._peek()
        if token is None or token.kind != "name":
            raise self._wrong()
        self._next += 1
        return token

    def _wrong(self, why: str = "") -> ValueError:
        token = self._peek()
        place = "ends too early" if token is None else f"column {token.at + 1}, {token.text!r} does not fit there"
        return ValueError(f"syntax error: {place}{why}")


def _literal(token: Token) -> Node:
    text = token.text
    if token.kind == "text":
        prefix = text[: len(text) - len(text.lstrip("rRbB"))].lower()
        body = text[len(prefix) :]
        quotes = 3 if body[:3] in ("'''", '"""') else 1
        body = body[quotes:-quotes]
        value = body if "r" in prefix else re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), body, flags=re.DOTALL)
        return Node("bytes" if "b" in prefix else "text", value, (), token.at, token.end)
    if token.kind == "whole":
        return Node("whole", int(text.rstrip("uU"), 16 if text[:2] in ("0x", "0X") else 10), (), token.at, token.end)
    if token.kind == "real":
        return Node("real", float(text), (), token.at, token.end)
    if text in ("true", "false"):
        return Node("true", text == "true", (), token.at, token.end)
    if text == "null":
        return Node("null", None, (), token.at, token.end)
    raise ValueError(f"syntax error: column {token.at + 1}, {text!r} does not fit there")
