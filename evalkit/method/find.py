"""Find methods: read their cards, build their adapters. The only file that imports code it does not know."""

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import cast

import yaml
from pydantic import ValidationError

from evalkit.base.extras import missing_library
from evalkit.base.places import resource_dir
from evalkit.base.plugins import Offer, Plugin
from evalkit.base.registry import Registry
from evalkit.base.validation import explain_invalid
from evalkit.base.world import World, left, said_by, world_of
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import EvalkitError, MethodError, PluginError, UnknownNameError
from evalkit.method.aliases import is_folder, user_alias
from evalkit.method.code import code_sha256, comes_along, package_roots
from evalkit.method.external import PLACE_OPTIONS, build_external
from evalkit.method.interface import Method, MethodCard, MethodConfig
from evalkit.method.live import Animate, Live, card_of, live

CARD = "method.yaml"


@dataclass(frozen=True)
class MethodEntry:
    """A method that can be run: its card and its folder.

    `package` is the package of that folder, when it is one that a plugin installed; `plugin` is where it comes from.
    One that is an object of this process is `live`, and its folder means nothing.
    """

    card: MethodCard
    folder: Path
    package: str = ""
    plugin: Plugin | None = None
    live: Live | None = None

    @property
    def code_sha256(self) -> str:
        """sha256 over the card and the code the method's frames depend on, by the rule of `evalkit.method.code`.

        Results of changed code are never mixed. Of an object of this process it is a stamp that no other has.
        """
        if self.live:
            return self.live.stamp
        adapter = "" if self.card.external else self.card.adapter.partition(":")[0]
        return code_sha256(self.folder, self.folder / CARD, adapter, package=self.package)

    @property
    def asked(self) -> str:
        """How a command asks for it: by its id, or by its folder as a path where nothing else knows it."""
        if self.live or self.plugin or comes_along(self.folder, package_roots()):
            return self.card.id
        folder = str(self.folder)
        return folder if is_folder(folder) else f"./{folder}"

    @property
    def world(self) -> World:
        """What its code changed in this process; the same for all that runs of it."""
        if self.live:
            return world_of(None, self.live.stamp)
        installed = bool(self.package) or comes_along(self.folder, package_roots())
        return world_of(None if installed else self.folder.resolve(), self.card.id)


def adopt(offer: Offer) -> tuple[str, MethodEntry]:
    """Id and method of what a plugin offers: the folder of a card, or a package with one. Raises `PluginError`."""
    value, folder, package = offer.value, offer.value, ""
    if isinstance(value, ModuleType) and hasattr(value, "__path__"):
        folder, package = Path(next(iter(value.__path__))), value.__name__
    if not isinstance(folder, Path):
        raise PluginError(f"expected the folder of a method (a Path) or its package, got {type(value).__name__}.")
    try:
        entry = replace(read_method(folder), package=package, plugin=offer.plugin)
    except MethodError as error:
        raise PluginError(str(error)) from error
    names = {entry.card.id, *entry.card.aliases}
    taken = sorted(names & {name for known in _shipped() for name in (known.card.id, *known.card.aliases)})
    if taken:
        raise PluginError(f"there is a method called {taken[0]!r} already.")
    return entry.card.id, entry


METHODS: Registry[MethodEntry] = Registry("method", "methods", adopt)
"""Methods from outside; those of evalkit are the folders of `baselines`."""


def list_methods() -> list[MethodEntry]:
    """All methods by id: those that come with evalkit, then those of plugins."""
    return [*_shipped(), *METHODS.values()]


def _shipped() -> list[MethodEntry]:
    return [read_method(card.parent) for card in sorted(resource_dir("baselines").glob(f"*/{CARD}"))]


def find_method(name: str) -> MethodEntry:
    """The method called `name`, or the one in the folder `name` (a path with a separator, such as `./mine`).

    A name that ends with `.py` is the path of an adapter (`read_adapter`).

    An alias that the user configured goes before ids, and ids before the aliases of cards.

    Raises `UnknownNameError`, or `MethodError` for a folder without a valid card.
    """
    target = user_alias(name) or name
    if target.endswith(".py"):
        return read_adapter(Path(target))
    if is_folder(target):
        return read_method(Path(target))
    folder = resource_dir("baselines") / target
    if (folder / CARD).is_file():
        return read_method(folder)
    # Plugins are looked at only for a name that evalkit does not know itself.
    for entries in (_shipped, list_methods):
        found = next((entry for entry in entries() if target in (entry.card.id, *entry.card.aliases)), None)
        if found is not None:
            return found
    known = [name for entry in list_methods() for name in (entry.card.id, *entry.card.aliases)]
    raise UnknownNameError("method", target, known, " ".join((*_in_folder(target), *map(str, METHODS.broken()))))


def _in_folder(name: str) -> Iterator[str]:
    """What somebody may have meant who left out that a folder is named by a path."""
    if (Path(name) / CARD).is_file():
        yield f"A method of that name is a folder here: write ./{name}."
    elif Path(f"{name}.py").is_file():
        yield f"A file of that name is here: write {name}.py."


def read_method(folder: Path) -> MethodEntry:
    """Read the card in `folder`. Raises `MethodError` for a missing or invalid card."""
    path = folder / CARD
    try:
        content = read_yaml(path)
        return MethodEntry(MethodCard.model_validate(content), folder)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MethodError(f"{path}: expected a method card, {error}") from error
    except ValidationError as error:
        raise MethodError(explain_invalid(path, error, MethodCard)) from error


def read_adapter(path: Path) -> MethodEntry:
    """The method whose adapter is a Python file with a function `build`.

    Without a card beside it, it is a method called as the file, and all Python files of the folder count as its code.
    Raises `MethodError` for a missing file, and for a card that names another adapter.
    """
    if not path.is_file():
        raise MethodError(f"{path}: there is no such file. Expected an adapter: a Python file with a function `build`.")
    adapter = f"{path.stem}:build"
    if (path.parent / CARD).is_file():
        entry = read_method(path.parent)
        if entry.card.adapter != adapter:
            raise MethodError(f"{path.parent / CARD}: its adapter is {entry.card.adapter}. Name the folder instead.")
        return entry
    name = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    try:
        return MethodEntry(MethodCard(id=name, title=path.stem, adapter=adapter), path.parent)
    except ValidationError as error:
        raise MethodError(explain_invalid(path, error, MethodCard)) from error


def live_method(thing: Method | Animate, name: str | None = None) -> MethodEntry:
    """A method that is an object of this process, called `name` or as its function or class.

    Raises `MethodError` for a thing that cannot animate.
    """
    return MethodEntry(card_of(thing, name), Path(), live=live(thing))


def method_options(card: MethodCard, given: Sequence[str]) -> dict[str, str]:
    """A value for every option of the card: `given` are "name=value" texts, the rest are defaults.

    External methods also have `PLACE_OPTIONS`, which are empty by default.

    Raises `UnknownNameError` for an unknown option or value, `MethodError` for a text without "=" or a path that does
    not exist.
    """
    values = {name: option.default for name, option in card.options.items()}
    if card.external:
        values |= dict.fromkeys(PLACE_OPTIONS, "")
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise MethodError(f"--option {text!r}: expected NAME=VALUE.")
        if name not in values:
            raise UnknownNameError(f"option of {card.id}", name, values)
        option = card.options.get(name)
        if option and option.choices and value not in option.choices:
            raise UnknownNameError(f"value of the option {name!r} of {card.id}", value, option.choices)
        if option and option.path and value and not Path(value).exists():
            raise MethodError(f"--option {text!r}: there is no file or folder {value}.")
        values[name] = value
    return values


def build_method(entry: MethodEntry, config: MethodConfig) -> Method:
    """Import the adapter and build it.

    Raises `MethodError` when the adapter cannot be imported or does not fit, `MissingLibraryError` when an optional
    library is not installed.
    """
    if entry.live:
        return entry.live.method
    function = entry.card.adapter.partition(":")[2]
    config = _absolute(entry.card, config)
    if entry.card.external:
        return build_external(entry.card, entry.folder, config, entry.asked)
    try:
        build = cast(Callable[[MethodConfig], Method], getattr(import_adapter(entry), function))
    except (ImportError, AttributeError) as error:
        if missing := missing_library(error):
            raise missing from error
        raise MethodError(
            f"{entry.folder / CARD}: adapter {entry.card.adapter!r} cannot be imported: {error}"
        ) from error
    try:
        with entry.world.inside():
            method = build(config)
    except EvalkitError:
        raise
    except (Exception, SystemExit) as error:
        if missing := missing_library(error):
            raise missing from error
        if comes_along(entry.folder, package_roots()):
            raise
        raise MethodError(f"{entry.card.id}: {entry.card.adapter} {_raised(error, entry.folder)}") from error
    if not isinstance(method, Method):
        raise MethodError(
            f"{entry.card.id}: {entry.card.adapter} returned {type(method).__name__}, which cannot animate"
        )
    return method


def _absolute(card: MethodCard, config: MethodConfig) -> MethodConfig:
    """Nothing says in which directory the code of a method reads its files."""
    paths = {name for name, option in card.options.items() if option.path}
    options = {
        name: str(Path(value).absolute()) if name in paths and value else value
        for name, value in config.options.items()
    }
    return replace(config, checkpoint=config.checkpoint and config.checkpoint.absolute(), options=options)


def import_adapter(entry: MethodEntry) -> ModuleType:
    """The module of a method's adapter.

    Methods that come with evalkit are modules of the package `baselines`, installed ones of their own. A user's folder
    is a package of its own name, and what lies in it can be imported as beside a script, too.

    Raises `ImportError`, and `MethodError` for whatever else the code in a user's folder raises.
    """
    folder, module = entry.folder, entry.card.adapter.partition(":")[0]
    with entry.world.inside():
        if comes_along(folder, package_roots()):
            return importlib.import_module(f"baselines.{folder.name}.{module}")
        if entry.package:
            return _imported(f"{entry.package}.{module}", folder)
        if not (folder / f"{module}.py").is_file():
            raise ImportError(f"no file {folder / module}.py")
    entry.world.forget_modules()
    with entry.world.inside():
        return _imported(f"{_as_package(folder.resolve())}.{module}", folder)


def _as_package(folder: Path) -> str:
    """Make an empty package of a user's folder, whose modules are read when they are imported; its name."""
    stem = re.sub(r"\W", "_", folder.name)
    name = f"evalkit_method_{stem}_{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}"
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[known]
    importlib.invalidate_caches()
    spec = importlib.util.spec_from_loader(name, None, is_package=True)
    assert spec is not None and spec.submodule_search_locations is not None
    spec.submodule_search_locations.append(str(folder))
    sys.modules[name] = importlib.util.module_from_spec(spec)
    return name


def _imported(name: str, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (EvalkitError, ImportError):
        raise
    except (Exception, SystemExit) as error:
        raise MethodError(f"{folder / name.rpartition('.')[2]}.py {_raised(error, folder)}") from error


def _raised(error: BaseException, folder: Path) -> str:
    """What the code in a user's folder raised, and the innermost line there: this is not a bug in evalkit."""
    home = folder.resolve()
    trace = traceback.extract_tb(error.__traceback__)
    frames = [one for one in trace if Path(one.filename).resolve().is_relative_to(home)]
    where = f" ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SystemExit):
        return f"{left(error)}{where}"
    return f"raised {type(error).__name__}: {said_by(error)}{where}"
