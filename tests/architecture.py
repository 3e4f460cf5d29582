"""Who imports whom, read from the source: `python -m tests.architecture --dot | dot -Tsvg` draws the rooms of evalkit.

A room is a file or folder at the top of `evalkit`. Imports inside functions count like the others.
"""

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOP = ("evalkit", "baselines")


@dataclass(frozen=True)
class Import:
    """`module` imports `name`; `lazy` when that happens inside a function."""

    module: str
    name: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.name}"


@cache
def modules() -> dict[str, Path]:
    """Every module of `evalkit` and `baselines` by its dotted name; packages go without `__init__`."""
    found = {}
    for top in TOP:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> tuple[Import, ...]:
    """Every import of these modules."""
    return tuple(found for module, path in modules().items() for found in read_imports(module, path))


def read_imports(module: str, path: Path) -> Iterator[Import]:
    """The imports of one file. A relative import is an error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))]
    lazy = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path} line {node.lineno}: relative import"
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else node.module for name in full]
        else:
            continue
        yield from (Import(module, name, node.lineno, id(node) in lazy) for name in names)


def room(module: str) -> str | None:
    """The room of a module of evalkit; None for the front door (`evalkit` itself, `__main__`) and for other code."""
    top, _, inside = module.partition(".")
    first = inside.partition(".")[0]
    return first if top == "evalkit" and first not in ("", "__main__") else None


def rooms() -> set[str]:
    """All rooms."""
    return {found for module in modules() if (found := room(module))}


def room_arrows() -> dict[tuple[str, str], list[Import]]:
    """(importing room, imported room) -> the imports behind it."""
    found: dict[tuple[str, str], list[Import]] = {}
    for each in imports():
        start, end = room(each.module), room(each.name)
        if start and end and start != end:
            found.setdefault((start, end), []).append(each)
    return found


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """Some circle among these arrows, its first name repeated at the end; empty when there is none."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            for other in sorted(arrows.get(name, ())):
                if found := visit(other, (*path, name)):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(arrows) if (found := visit(name, ()))), [])


def dot() -> str:
    """The rooms in Graphviz's language, importing rooms above; an arrow bears the number of imports behind it."""
    boxes = [f'  "{name}";' for name in sorted(rooms())]
    lines = [f'  "{start}" -> "{end}" [label={len(each)}];' for (start, end), each in sorted(room_arrows().items())]
    return "\n".join(["digraph evalkit {", "  node [shape=box];", *boxes, *lines, "}"])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.architecture", description="Imports between rooms.")
    parser.add_argument("--dot", action="store_true", required=True, help="print Graphviz's language")
    parser.parse_args()
    sys.stdout.write(dot() + "\n")


if __name__ == "__main__":
    main()
