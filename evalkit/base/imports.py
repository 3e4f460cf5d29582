"""What Python files import, read from their text: nothing is imported to find out.

Imports count wherever they stand: at the top, under a condition, inside a function. Relative ones are spelled out. What
is imported by a name that is put together at run time (`importlib`, a registry) cannot be seen.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

_PARSED = 1024
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Import:
    """One name that a file imports.

    Attributes:
        base: the module of `from base import name`; the whole name of `import name`.
        name: what is taken from `base`; None for `import base`.
        line: where.
        lazy: inside a function.
        typing: under `if TYPE_CHECKING`, so for readers and type checkers only.
        relative: written with leading dots.
    """

    base: str
    name: str | None
    line: int
    lazy: bool
    typing: bool
    relative: bool

    def target(self, is_module: Callable[[str], bool]) -> str:
        """The module that is imported: `base.name` where that is one, else `base`."""
        whole = f"{self.base}.{self.name}"
        return whole if self.name is not None and is_module(whole) else self.base


@dataclass(frozen=True)
class Roots:
    """Folders of top-level packages: name -> folder."""

    folders: Mapping[str, Path]

    def path(self, module: str) -> Path | None:
        """The file of a module of these packages; None for an unknown module."""
        top, *rest = module.split(".")
        if top not in self.folders:
            return None
        folder = self.folders[top].joinpath(*rest)
        candidates = (folder / "__init__.py", folder.with_name(f"{folder.name}.py"))
        return next((path for path in candidates if path.is_file()), None)

    def modules(self) -> dict[str, Path]:
        """Every module of these packages, by name."""
        found = {}
        for top, folder in self.folders.items():
            for path in sorted(folder.rglob("*.py")):
                parts = path.relative_to(folder).with_suffix("").parts
                found[".".join((top, *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
        return found

    def closure(self, start: Iterable[str], follow: Callable[[str], bool]) -> dict[str, Path]:
        """Modules that `start` imports, directly or not, itself included, through modules that `follow` accepts.

        Imports for type checkers only are skipped.
        """
        found: dict[str, Path] = {}
        waiting, path_of = list(start), cache(self.path)
        while waiting:
            module = waiting.pop()
            if module in found or (path := path_of(module)) is None or not follow(module):
                continue
            found[module] = path
            waiting += [
                one.target(lambda name: path_of(name) is not None) for one in imports_of(path, module) if not one.typing
            ]
        return found


def imports_of(path: Path, module: str) -> tuple[Import, ...]:
    """The imports of a file, the source of `module`. Raises `SyntaxError`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _parsed(path.read_bytes(), package)


@lru_cache(_PARSED)
def _parsed(source: bytes, package: str) -> tuple[Import, ...]:
    return tuple(_walk(ast.parse(source), package, lazy=False, typing=False))


def _walk(node: ast.AST, package: str, lazy: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, None, node.lineno, lazy, typing, False) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, package)
        yield from (Import(base, alias.name, node.lineno, lazy, typing, node.level > 0) for alias in node.names)
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        for child in node.body:
            yield from _walk(child, package, lazy, True)
        for child in node.orelse:
            yield from _walk(child, package, lazy, typing)
    else:
        for inner in ast.iter_child_nodes(node):
            yield from _walk(inner, package, lazy or isinstance(node, _FUNCTIONS), typing)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
