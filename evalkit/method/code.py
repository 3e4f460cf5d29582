"""The code that a method's frames depend on, as one hash: docs/decisions/method-code.md.

Hashed are the method's card and the files that its adapter imports, directly or not, wherever the import stands:

- all of `baselines`, with the `__init__.py` of the packages that contain them, which run as well;
- those of evalkit that compute what a method asks them for, such as `extractors.dlib68` and `video`. `BORDER` lists
  those that are not followed: what only names things, finds files or checks them. An `__init__.py` of evalkit counts
  where a name is taken from it.

For a method in a user's folder it is that whole folder, and what its files import of evalkit and `baselines`. One that
is a package, installed as a plugin, is that as well, and what its files import of their own code
(`evalkit.base.own_code`).

The engine (`generate`, `adapter` and the decoding they start) is the same for all methods; a run records evalkit's
version and commit for it. Weights are hashed by themselves, as the checkpoint of the run.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.imports import Roots, imports_of
from evalkit.base.own_code import own_code
from evalkit.base.places import resource_dir

BORDER = frozenset(
    {
        "method.interface",
        "method.checkpoints",
        "errors",
        "base.extras",
        "base.files",
        "base.plugins",
        "types",
        "weights",
    }
)
"""Modules and packages of evalkit that cannot move a frame. Network files are pinned by name and sha256."""
_SOURCES = {".py", ".yaml"}


def package_roots() -> Roots:
    """The packages whose modules are followed."""
    return Roots({"evalkit": Path(__file__).resolve().parents[1], "baselines": resource_dir("baselines").resolve()})


def comes_along(folder: Path, roots: Roots) -> bool:
    """Whether a method's folder is one of `baselines`."""
    return folder.resolve().parent == roots.folders["baselines"].resolve()


def code_sha256(folder: Path, card: Path, adapter: str, roots: Roots | None = None, package: str = "") -> str:
    """sha256 over the code of the method in `folder`; `adapter` is the name of its module there.

    `package` is the name of the folder as a package, if it is one. An external method has no `adapter`: what runs it
    is `evalkit.method.external`, and every file of its folder may reach its environment.
    """
    roots = roots or package_roots()
    if not adapter:
        own = [path for path in folder.rglob("*") if path.suffix in _SOURCES and "__pycache__" not in path.parts]
        start = ["evalkit.method.external"]
    elif comes_along(folder, roots):
        own, start = [card], [f"baselines.{folder.resolve().name}.{adapter}"]
    else:
        own = [path for path in folder.rglob("*") if path.suffix in _SOURCES]
        start = list(_imported(own, roots))
    beside = own_code({f"{package}.{adapter}": folder / f"{adapter}.py"}) if package and adapter else {}
    start += list(_imported(beside.values(), roots))
    named = {f"own/{name}": path for name, path in beside.items() if not path.is_relative_to(folder)}
    named |= {f"method/{path.relative_to(folder).as_posix()}": path for path in own} | followed(start, roots)
    return canonical_sha256([[name, content_sha256(path)] for name, path in sorted(named.items())])


def followed(start: Iterable[str], roots: Roots) -> dict[str, Path]:
    """Module -> file of all that `start` depends on, the packages of `baselines` that contain it included.

    A folder without `__init__.py` is a package without code.
    """
    found = roots.closure(start, _computes)
    while packages := {name for module in found for name in _packages(module) if roots.path(name)} - found.keys():
        found = roots.closure({*found, *packages}, _computes)
    return found


def _computes(module: str) -> bool:
    top, _, inner = module.partition(".")
    return top == "baselines" or (inner != "" and not any(f"{inner}.".startswith(f"{name}.") for name in BORDER))


def _packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    if parts[0] == "baselines":
        yield from (".".join(parts[:count]) for count in range(1, len(parts)))


def _imported(files: Iterable[Path], roots: Roots) -> Iterator[str]:
    """What a user's files import of the packages; nothing for a file that is not valid Python."""
    for path in files:
        try:
            found = imports_of(path, path.stem) if path.suffix == ".py" else ()
        except (SyntaxError, ValueError):
            continue
        yield from (one.target(lambda name: roots.path(name) is not None) for one in found)
