"""Which tests belong to a module: by name and folder first, then all that import it.

`evalkit/gating/rules.py` has `tests/gating/test_rules*.py`, then the tests anywhere that import it and the others of
that folder. Tests of whole commands (`tests/e2e`) are left out: they take minutes.
"""

import ast
from functools import cache
from pathlib import Path

_LEFT_OUT = ("e2e", "baselines", "mutation")
_OF_ALL = Path("tests/test_frozen.py")
"""Looks at every module, and imports none by name."""


def near(root: Path, module: Path) -> list[Path]:
    """Test files named after a module; relative to `root`, as `module` is."""
    folder = root / "tests" / module.parent.relative_to("evalkit")
    stem = module.parent.name if module.stem == "__init__" else module.stem
    return _relative(root, {path for path in folder.glob("test_*.py") if _named(path.stem[5:], stem)})


def all_of(root: Path, module: Path) -> list[Path]:
    """All test files that import the module, and after them those of its room and the one about all."""
    folder = root / "tests" / module.parent.relative_to("evalkit")
    dotted = ".".join(module.with_suffix("").parts).removesuffix(".__init__")
    importing = {path for path in _tests(root) if dotted in _imported(path)}
    return [*_relative(root, importing), *_relative(root, set(folder.glob("test_*.py")) - importing), _OF_ALL]


def _named(test: str, stem: str) -> bool:
    return test == stem or test.startswith(f"{stem}_")


def _relative(root: Path, paths: set[Path]) -> list[Path]:
    return sorted(path.relative_to(root) for path in paths)


@cache
def _tests(root: Path) -> tuple[Path, ...]:
    paths = (root / "tests").rglob("test_*.py")
    return tuple(path for path in paths if path.relative_to(root / "tests").parts[0] not in _LEFT_OUT)


@cache
def _imported(path: Path) -> frozenset[str]:
    """Names of modules, and of what is taken from them, that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)
