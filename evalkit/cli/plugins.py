"""`--plugin FILE`: every command takes it, before or after its name, because any command may look up names."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

from evalkit.cli import options

if TYPE_CHECKING:
    from evalkit.base.plugins import Broken

Command = Callable[..., Any]


def let_take_plugins(app: typer.Typer) -> None:
    """Give `--plugin` to all commands of `app` and of the apps below it that do not have it."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _taking_plugins(command.callback)
    for group in app.registered_groups:
        below = group.typer_instance
        if below is None:
            continue
        if below.registered_callback is not None and below.registered_callback.callback is not None:
            below.registered_callback.callback = _taking_plugins(below.registered_callback.callback)
        let_take_plugins(below)


@contextmanager
def with_plugins(files: Sequence[Path]) -> Iterator[None]:
    """Inside, these files are plugins. Raises `PluginError` for one that cannot be used."""
    from evalkit.base.plugins import VARIABLE, plugin_files, using

    if not files:
        yield
        return
    with using(files):
        named = {str(path) for path in plugin_files()}
        refuse([one for one in all_broken() if one.plugin in named], f"See --plugin and ${VARIABLE}.")
        yield


def refuse(broken: "Sequence[Broken]", advice: str) -> None:
    """Raise `PluginError` that names what is broken, if anything is."""
    from evalkit.errors import PluginError

    if broken:
        raise PluginError(" ".join([*dict.fromkeys(map(str, broken)), advice]))


def all_broken() -> "list[Broken]":
    """What plugins provide that cannot be used, of every kind."""
    from evalkit.datasets import DATASETS
    from evalkit.extractors import EXTRACTORS
    from evalkit.method.find import METHODS
    from evalkit.metrics import METRICS

    registries = (METRICS, EXTRACTORS, DATASETS, METHODS)
    return list(dict.fromkeys(one for registry in registries for one in registry.broken()))


def say_broken(broken: "Sequence[Broken]") -> None:
    """One line on stderr per broken plugin, for lists that leave them out."""
    from evalkit.cli.console import say

    for one in broken:
        say(str(one))


def _taking_plugins(function: Command) -> Command:
    signature = inspect.signature(function, eval_str=True)
    if "plugin" in signature.parameters:
        return function

    @functools.wraps(function)
    def command(*args: Any, plugin: options.Plugins = None, **kwargs: Any) -> Any:
        with with_plugins(plugin or ()):
            return function(*args, **kwargs)

    added = inspect.Parameter("plugin", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=options.Plugins)
    parameters = [*signature.parameters.values(), added]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {**get_type_hints(function, include_extras=True), "plugin": options.Plugins}
    return command
