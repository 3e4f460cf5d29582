"""Code from outside evalkit: entry points of installed distributions, and the files that `$EVALKIT_PLUGINS` names.

A plugin brings metrics, extractors, datasets or methods. A distribution names them as entry points of the groups
`evalkit.metrics`, `evalkit.extractors`, `evalkit.datasets` and `evalkit.methods`; a file has a `METRICS`, `EXTRACTORS`,
`DATASETS` or `METHODS`, each one thing or a tuple of several. Files go first. A defect of one plugin disables only that
plugin: it is reported in a sentence (`Broken`), and nothing is raised.

The files travel in the environment, because worker processes inherit it. What is found depends on `state()` alone, and
`Registry` looks here only for names that evalkit itself does not have.
"""

import functools
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

from evalkit.base.files import refuse_special
from evalkit.base.own_code import own_sha256
from evalkit.base.world import put_back, said_by
from evalkit.errors import EvalkitError, PluginError

VARIABLE = "EVALKIT_PLUGINS"
GROUPS = ("metrics", "extractors", "datasets", "methods")
"""`evalkit.<group>` is the group of entry points, the name in capitals what a file calls them."""
_EVALKIT = Path(__file__).resolve().parents[1]
_MODULE = "evalkit_plugin_"
_MARK = 12

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Plugin:
    """Where something from outside comes from.

    Attributes:
        name: of the distribution, or of the file.
        version: of the distribution; None for a file.
        sha256: over its code (`evalkit.base.own_code`).
        place: the file; None for a distribution.
    """

    name: str
    version: str | None
    sha256: str
    place: Path | None = None

    def __str__(self) -> str:
        return str(self.place) if self.place else f"{self.name} {self.version or ''}".strip()

    @property
    def label(self) -> str:
        """Its name in error messages: the path of the file, or the name of the distribution."""
        return str(self.place or self.name)

    @property
    def mark(self) -> str:
        """Its part of a signature, so that numbers of changed code are never compared."""
        return f"code {self.sha256[:_MARK]}"


@dataclass(frozen=True)
class Offer:
    """One object that a plugin provides, not yet checked."""

    value: object
    plugin: Plugin


@dataclass(frozen=True)
class Broken:
    """What cannot be used, and why: `plugin` is the distribution or the path of the file."""

    plugin: str
    reason: str

    def __str__(self) -> str:
        return f"The plugin {self.plugin} cannot be used: {self.reason}"


def plugin_files() -> list[Path]:
    """The files that `$EVALKIT_PLUGINS` names."""
    return [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]


def state() -> tuple[object, ...]:
    """What decides which plugins there are."""
    return (*((str(path), *_stamp(path)) for path in plugin_files()), tuple(sys.path))


@contextmanager
def using(files: Sequence[Path]) -> Iterator[None]:
    """Inside, these files are plugins too, here and in processes started meanwhile.

    Raises `PluginError` for a path that the environment cannot hold.
    """
    before = os.environ.get(VARIABLE)
    if odd := [path for path in files if os.pathsep in str(path.resolve())]:
        raise PluginError(f"The plugin {odd[0]} cannot be used: its path has a {os.pathsep!r}. Rename or move it.")
    # Absolute, because nothing says where a later reader works.
    named = dict.fromkeys([*map(str, plugin_files()), *(str(path.resolve()) for path in files)])
    os.environ[VARIABLE] = os.pathsep.join(named)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def offers(group: str) -> Iterator[Offer | Broken]:
    """All that plugins provide in a group, files first, then distributions by name."""
    for path in plugin_files():
        yield from _of_file(path, group)
    try:
        found = sorted(entry_points(group=f"evalkit.{group}"), key=lambda one: (_dist(one), one.name))
    except Exception as error:
        yield Broken("entry points", f"the list of installed distributions cannot be read: {explained(error)}")
        return
    for entry in found:
        yield from _of_entry(entry, group)


def import_files() -> None:
    """Import the files, so that what they define can be unpickled from another process. Broken ones are left out."""
    for path in plugin_files():
        try:
            import_file(path)
        except PluginError:
            continue


def import_file(path: Path) -> ModuleType:
    """The module made of a plugin file; the same one as long as the file stays the same. Raises `PluginError`."""
    try:
        refuse_special(path)
        source = path.read_bytes()
    except IsADirectoryError as error:
        raise PluginError("a folder; expected one Python file. Install a package instead.") from error
    except FileNotFoundError as error:
        raise PluginError("there is no such file.") from error
    except OSError as error:
        raise PluginError(f"it cannot be read ({error.strerror}).") from error
    except EvalkitError as error:
        raise PluginError("a pipe, socket or device; expected one Python file.") from error
    # The place is part of the name: two files of one name are two modules.
    stem = re.sub(r"\W", "_", path.stem)
    name = f"{_MODULE}{stem}_{sha256(os.fsencode(path)).hexdigest()[:8]}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__source__", None) == source:
        return known
    spec = importlib.util.spec_from_loader(name, None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(__file__=str(path), __source__=source)
    sys.modules[name] = module
    try:
        with _told_as_reason(), put_back():
            exec(compile(source, str(path), "exec"), module.__dict__)
    except PluginError:
        del sys.modules[name]
        raise
    return module


def explained(error: BaseException) -> str:
    """What outside code raised, on one line, with its innermost line that is neither ours nor Python's."""
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or '?').name} line {error.lineno}: {error.msg}"
    text = said_by(error).strip().splitlines()
    where = _innermost(error)
    return f"{type(error).__name__}{': ' + text[0] if text else ''}{f' ({where})' if where else ''}"


def raised_in(error: BaseException) -> str | None:
    """The top-level module of the plugin in whose code `error` was raised, or below it; None for evalkit's own."""
    try:
        tops = {one.module.partition(".")[0] for group in GROUPS for one in entry_points(group=f"evalkit.{group}")}
    except Exception:
        tops = set()
    names = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    for name in reversed(names):
        if name.startswith(_MODULE):
            return str(getattr(sys.modules.get(name), "__file__", name))
        if name.partition(".")[0] in tops:
            return str(name.partition(".")[0])
    return None


def guarded(function: Callable[P, R], what: str, plugin: Plugin, kind: type[EvalkitError]) -> Callable[P, R]:
    """`function` with its exceptions turned into a `kind` that names the plugin; our own errors pass through."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EvalkitError:
            raise
        except (Exception, SystemExit) as error:
            raise kind(f"{what} of the plugin {plugin} raised {explained(error)}.") from error

    return call


def _of_file(path: Path, group: str) -> Iterator[Offer | Broken]:
    try:
        module = import_file(path)
        brought = [name for name in GROUPS if hasattr(module, name.upper())]
        if not brought:
            raise PluginError(f"it provides nothing; define one of {', '.join(name.upper() for name in GROUPS)}.")
    except PluginError as error:
        yield Broken(str(path), str(error))
        return
    if group in brought:
        # By a fixed name, so that a file that is renamed keeps its hash.
        plugin = Plugin(path.name, None, own_sha256({"file": path}), path)
        yield from (Offer(value, plugin) for value in _several(getattr(module, group.upper())))


def _of_entry(entry: EntryPoint, group: str) -> Iterator[Offer | Broken]:
    name = _dist(entry)
    try:
        with _told_as_reason(), put_back():
            value = entry.load()
        module = sys.modules[entry.module]
        file = getattr(module, "__file__", None)
        code = own_sha256({entry.module: Path(file)} if file else {})
        if isinstance(value, ModuleType) and hasattr(value, group.upper()):
            value = getattr(value, group.upper())
    except PluginError as error:
        yield Broken(name, f"entry point {entry.name!r} of evalkit.{group}: {error}")
        return
    plugin = Plugin(name, entry.dist.version if entry.dist else None, code)
    yield from (Offer(one, plugin) for one in _several(value))


@contextmanager
def _told_as_reason() -> Iterator[None]:
    """Whatever an import raises becomes a `PluginError`; Ctrl-C passes."""
    try:
        yield
    except SystemExit as error:
        raise PluginError(f"it ends the process when it is imported (exit code {error.code}).") from error
    except Exception as error:
        raise PluginError(f"{explained(error)}.") from error


def _several(value: object) -> Sequence[object]:
    return value if isinstance(value, (tuple, list)) else (value,)


def _dist(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.name


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _innermost(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [one for one in frames if not one.filename.startswith("<") and not _is_ours_or_pythons(one.filename)]
    return f"{Path(theirs[-1].filename).name} line {theirs[-1].lineno}" if theirs else ""


def _is_ours_or_pythons(filename: str) -> bool:
    path = Path(filename).resolve()
    return path.is_relative_to(_EVALKIT) or path.is_relative_to(Path(os.__file__).resolve().parent / "importlib")
