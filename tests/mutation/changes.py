"""The small changes of a module: one place, one operator, as another text of the file.

Left alone: texts for people (messages, f-strings, docstrings), annotations, and assertions.
"""

import ast
import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BOUNDARY = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
COMPARISON = {
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
ARITHMETIC = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "/",
    ast.Mod: "*",
    ast.Pow: "*",
    ast.MatMult: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
SIGNS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: r"is",
    ast.IsNot: r"is\s+not",
    ast.In: r"in",
    ast.NotIn: r"not\s+in",
    ast.Add: r"\+",
    ast.Sub: "-",
    ast.Mult: r"\*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: r"\*\*",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: r"\|",
    ast.And: r"\band\b",
    ast.Or: r"\bor\b",
}
"""How an operator is written, as a pattern."""
TWINS = {
    "min": "max",
    "any": "all",
    "minimum": "maximum",
    "argmin": "argmax",
    "mean": "median",
    "floor": "ceil",
    "zeros": "ones",
    "log1p": "log",
    "expm1": "exp",
    "sorted": "list",
}
"""Functions that are easily taken for one another."""
TWIN = TWINS | {other: one for one, other in TWINS.items() if one not in ("log1p", "expm1", "sorted")}


_SYMMETRIC = ("min", "max", "minimum", "maximum", "hypot")
"""Functions that do not care for the order of their arguments."""


@dataclass(frozen=True)
class Change:
    """`before` and `after` are the whole text of the file at `path`, relative to the root of the repository."""

    path: Path
    line: int
    operator: str
    before: str
    after: str

    def diff(self) -> list[str]:
        """The lines that changed, without their indentation: those before with "-", those after with "+"."""
        one, other = self.before.splitlines(), self.after.splitlines()
        start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        rest = zip(reversed(one[start:]), reversed(other[start:]), strict=False)
        end = next((i for i, (a, b) in enumerate(rest) if a != b), 0)
        return [f"-{text.strip()}" for text in one[start : len(one) - end]] + [
            f"+{text.strip()}" for text in other[start : len(other) - end]
        ]

    def __str__(self) -> str:
        return "\n".join([f"{self.path}:{self.line} ({self.operator})", *(f"    {line}" for line in self.diff())])

    @property
    def is_one(self) -> bool:
        """Whether it is Python still, and means something else to the compiler."""
        try:
            return ast.dump(ast.parse(self.after)) != ast.dump(ast.parse(self.before))
        except SyntaxError:
            return False


def changes(path: Path, text: str) -> list[Change]:
    """All changes of the module `text`, in its order; a few of them are none (`is_one`)."""
    tree, source = ast.parse(text), _Source(text)
    found = {
        source.replaced(start, end, new): Change(
            path, source.line(start), operator, text, source.replaced(start, end, new)
        )
        for node in _code(tree)
        for operator, start, end, new in _edits(node, source)
    }
    return sorted(found.values(), key=lambda change: change.line)


class _Source:
    """A text whose places are given as syntax trees do: line, and byte in the line."""

    def __init__(self, text: str) -> None:
        self.bytes = text.encode()
        self.starts = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.bytes[start:end].decode()

    def between(self, one: ast.AST, other: ast.AST, pattern: str) -> tuple[int, int] | None:
        """Where the operator between two operands is written."""
        start, end = self.span(one)[1], self.span(other)[0]
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found.group()), self.bytes[start:end])
        found = re.search(pattern.encode(), gap)
        return (start + found.start(), start + found.end()) if found else None

    def replaced(self, start: int, end: int, new: str) -> str:
        return (self.bytes[:start] + new.encode() + self.bytes[end:]).decode()

    def line(self, place: int) -> int:
        return bisect.bisect_right(self.starts, place)

    def _at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column


Edit = tuple[str, int, int, str]
_TEXT = (ast.JoinedStr, ast.Assert)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that compute something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params") or isinstance(value, _TEXT):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _TEXT):
                yield child
                yield from _code(child)


def _edits(node: ast.AST, source: _Source) -> Iterator[Edit]:
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for operator, one, other in zip(node.ops, operands, operands[1:], strict=False):
            if place := source.between(one, other, SIGNS[type(operator)]):
                if type(operator) in BOUNDARY:
                    yield ("boundary", *place, BOUNDARY[type(operator)])
                yield ("comparison", *place, COMPARISON[type(operator)])
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        if place := source.between(node.left, node.right, SIGNS[type(node.op)]):
            yield ("arithmetic", *place, ARITHMETIC[type(node.op)])
    elif isinstance(node, ast.BoolOp):
        if place := source.between(node.values[0], node.values[1], SIGNS[type(node.op)]):
            yield ("boolean", *place, "or" if isinstance(node.op, ast.And) else "and")
        start, end = source.span(node)
        yield ("boolean", start, source.span(node.values[1])[0], "")
        yield ("boolean", source.span(node.values[-2])[1], end, "")
    elif isinstance(node, ast.UnaryOp):
        kind = "boolean" if isinstance(node.op, ast.Not) else "arithmetic"
        yield (kind, source.span(node)[0], source.span(node.operand)[0], "")
    elif isinstance(node, ast.Constant):
        if (new := _other(node.value)) is not None:
            yield ("constant", *source.span(node), new)
    elif isinstance(node, ast.IfExp | ast.If | ast.While):
        for value in ("True", "False"):
            if not isinstance(node, ast.While) or value == "False":
                yield ("boolean", *source.span(node.test), value)
    elif isinstance(node, ast.comprehension):
        for condition in node.ifs:
            yield ("boolean", *source.span(condition), "True")
    elif isinstance(node, ast.FunctionDef | ast.Lambda):
        yield from _defaults(node.args, source)
    elif isinstance(node, ast.Return) and node.value is not None:
        empty = isinstance(node.value, ast.Constant) and node.value.value is None
        yield ("return", *source.span(node.value), "0" if empty else "None")
    elif isinstance(node, ast.Call):
        yield from _calls(node, source)
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break) and not _is_docstring(node):
        yield ("removed", *source.span(node), "pass")


def _calls(node: ast.Call, source: _Source) -> Iterator[Edit]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in TWIN:
        end = source.span(node.func)[1]
        yield ("twin", end - len(name), end, TWIN[name])
    if (
        len(node.args) >= 2
        and name not in _SYMMETRIC
        and not any(isinstance(argument, ast.Starred) for argument in node.args[:2])
    ):
        first, second = source.span(node.args[0]), source.span(node.args[1])
        middle = source.bytes[first[1] : second[0]].decode()
        yield ("arguments", first[0], second[1], source.of(node.args[1]) + middle + source.of(node.args[0]))


def _defaults(arguments: ast.arguments, source: _Source) -> Iterator[Edit]:
    """Defaults that are names or negative; numbers and flags are constants already."""
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if isinstance(default, ast.Name | ast.Attribute):
            yield ("default", *source.span(default), "None")


def _other(value: object) -> str | None:
    """Another constant of the same type, near by."""
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int):
        return str(value + 1)
    if isinstance(value, float):
        return repr(value * 1.1 if value else 1.0)
    return None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
