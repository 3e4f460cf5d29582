"""The code of a plugin as one hash: its module and all that it imports, except installed libraries.

Counted are the module itself, the modules of its own top-level package that it imports, directly or not, with the
`__init__.py` of the packages on the way, and whatever else it imports from files that nobody installed. Not counted are
evalkit, whose metrics have versions of their own, the standard library, and installed libraries. Files are named by
module, never by path, so that the same code has the same hash on another machine.
"""

import importlib.util
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.imports import Import, Roots, imports_of

_NOT_ITS_OWN = frozenset({"evalkit", "baselines", *sys.stdlib_module_names})
_INSTALLED = {"site-packages", "dist-packages"}


def own_sha256(start: Mapping[str, Path]) -> str:
    """sha256 over `own_code`."""
    return canonical_sha256([[name, content_sha256(path)] for name, path in sorted(own_code(start).items())])


def own_code(start: Mapping[str, Path]) -> dict[str, Path]:
    """Module -> file of `start` and of all it imports that counts as its own code (see above)."""
    known: dict[str, Roots | None] = {}
    always = {name.partition(".")[0] for name in start}

    def locate(name: str) -> Path | None:
        top = name.partition(".")[0]
        if top not in known:
            known[top] = _roots_of(top, top in always)
        roots = known[top]
        return roots.path(name) if roots else None

    found: dict[str, Path] = {}
    waiting = dict(start)
    while waiting:
        name, path = waiting.popitem()
        found[name] = path
        for one in _imports(path, name):
            target = one.target(lambda other: locate(other) is not None)
            for module in _with_packages(target):
                place = locate(module)
                if place is not None and module not in found:
                    waiting[module] = place
    return found


def _imports(path: Path, module: str) -> Iterator[Import]:
    try:
        yield from (one for one in imports_of(path, module) if not one.typing)
    except (SyntaxError, ValueError):
        return


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _roots_of(top: str, always: bool) -> Roots | None:
    """The folder of a top-level module; None when it does not count."""
    if top in _NOT_ITS_OWN:
        return None
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    place = Path(places[0]) if places else Path(spec.origin or "").with_suffix("")
    return Roots({top: place}) if always or not _is_installed(place) else None


def _is_installed(place: Path) -> bool:
    library = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}
    resolved = place.resolve()
    return bool(_INSTALLED & set(resolved.parts)) or any(resolved.is_relative_to(folder) for folder in library)
