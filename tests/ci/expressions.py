"""`${{ }}` expressions of GitHub Actions, the kinds that our files use. What is not known is refused, never guessed."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|[!().,]))"
)
_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
STATUS = ("always", "success", "failure", "cancelled")


class ExpressionError(ValueError):
    """An expression that GitHub would refuse, or that this player does not know."""


@dataclass(frozen=True)
class Scope:
    """What an expression may name: contexts, of which `open` ones answer "" for a key they lack, and functions."""

    contexts: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    open: tuple[str, ...] = field(default=("github",))


def fill(text: Any, scope: Scope) -> str:
    """A value with its `${{ }}` filled in, as text."""
    return _HOLE.sub(lambda hole: as_text(evaluate(hole[1], scope)), as_text(text))


def condition(text: str | bool | None, scope: Scope) -> bool:
    """An `if:`; `success()` is meant where no function of status is called."""
    source = "" if text is None else as_text(text).strip()
    whole = _HOLE.fullmatch(source)
    source = whole[1].strip() if whole else source
    if "${{" in source:
        raise ExpressionError(f"if: {source!r} mixes text and an expression")
    called = re.findall(r"([\w-]+)\s*\(", re.sub(r"'(?:[^']|'')*'", "", source))
    if not set(called) & set(STATUS):
        source = f"success() && ({source})" if source else "success()"
    return _truth(evaluate(source, scope))


def evaluate(source: str, scope: Scope) -> Any:
    """The value of one expression. Raises `ExpressionError`."""
    parser = _Parser(_tokens(source), scope, source)
    value = parser.either()
    parser.end()
    return value


def as_text(value: Any) -> str:
    """As GitHub writes a value into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value)
    return "" if value is None else str(value)


def _truth(value: Any) -> bool:
    return value not in (None, False, "", 0)


def _equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        raise ExpressionError(f"{one!r} and {other!r} are of two types; the casts of GitHub are not played")
    return one.lower() == other.lower() if isinstance(one, str) else one == other


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while source[place:].strip():
        found = _TOKEN.match(source, place)
        if not found:
            raise ExpressionError(f"{source!r}: cannot read {source[place:]!r}")
        tokens.append((str(found.lastgroup), found[0].strip()))
        place = found.end()
    return tokens


class _Parser:
    """Both sides of && and || are evaluated, so that an unknown name in either is found."""

    def __init__(self, tokens: Sequence[tuple[str, str]], scope: Scope, source: str) -> None:
        self.tokens, self.scope, self.source, self.place = tokens, scope, source, 0

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value if _truth(value) else other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self.take("&&"):
            other = self.compared()
            value = other if _truth(value) else value
        return value

    def compared(self) -> Any:
        value = self.negated()
        if self.take("=="):
            return _equal(value, self.negated())
        if self.take("!="):
            return not _equal(value, self.negated())
        return value

    def negated(self) -> Any:
        return not _truth(self.negated()) if self.take("!") else self.single()

    def single(self) -> Any:
        kind, text = self.next()
        if text == "(":
            value = self.either()
            self.want(")")
            return value
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind != "name":
            raise self.error(f"{text!r} is out of place")
        if text in _WORDS:
            return _WORDS[text]
        return self.call(text) if self.take("(") else self.context(text)

    def call(self, name: str) -> Any:
        arguments = []
        while not self.take(")"):
            arguments.append(self.either())
            if not self.take(","):
                self.want(")")
                break
        if name not in self.scope.functions:
            raise self.error(f"the function {name} is not known here")
        return self.scope.functions[name](*arguments)

    def context(self, name: str) -> Any:
        if name not in self.scope.contexts:
            raise self.error(f"the context {name} is not known here")
        value, path = self.scope.contexts[name], name
        while self.take("."):
            key = self.next()[1]
            path = f"{path}.{key}"
            if not isinstance(value, Mapping):
                raise self.error(f"{path} does not exist")
            # Outputs not set and facts that an event lacks are empty; a wrong name of anything else is an error.
            if key not in value and path.count(".") > 1 and (name in self.scope.open or ".outputs." in path):
                value = {} if self.peek() == "." else ""
            elif key not in value:
                raise self.error(f"{path} does not exist")
            else:
                value = value[key]
        return value

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def next(self) -> tuple[str, str]:
        if self.place == len(self.tokens):
            raise self.error("it ends too early")
        self.place += 1
        return self.tokens[self.place - 1]

    def take(self, sign: str) -> bool:
        if self.peek() != sign:
            return False
        self.place += 1
        return True

    def want(self, sign: str) -> None:
        if not self.take(sign):
            raise self.error(f"{sign!r} is missing before {self.peek()!r}")

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise self.error(f"{self.peek()!r} is out of place")

    def error(self, text: str) -> ExpressionError:
        return ExpressionError(f"{self.source.strip()}: {text}")
