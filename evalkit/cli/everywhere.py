"""`--plugin`, `--quiet` and `--verbose`: every command takes them, before or after its name."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_type_hints

import typer

from evalkit.cli import options
from evalkit.cli.loudness import speaking
from evalkit.cli.plugins import with_plugins

Command = Callable[..., Any]
_ADDED: dict[str, tuple[Any, object]] = {
    "plugin": (options.Plugins, None),
    "quiet": (options.Quiet, False),
    "verbose": (options.Verbose, False),
}
"""Parameter -> its annotation and default."""


def let_take_everywhere(app: typer.Typer) -> None:
    """Give the options to all commands of `app` and of the apps below it that do not have them."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _taking(command.callback)
    for group in app.registered_groups:
        below = group.typer_instance
        if below is None:
            continue
        if below.registered_callback is not None and below.registered_callback.callback is not None:
            below.registered_callback.callback = _taking(below.registered_callback.callback)
        let_take_everywhere(below)


@contextmanager
def everywhere(plugin: Sequence[Path] | None, quiet: bool, verbose: bool) -> Iterator[None]:
    """What the options mean to the command inside."""
    with speaking(quiet, verbose), with_plugins(plugin or ()):
        yield


def _taking(function: Command) -> Command:
    signature = inspect.signature(function, eval_str=True)
    added = {name: _ADDED[name] for name in _ADDED if name not in signature.parameters}

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        asked = {name: kwargs.pop(name) if name in added else kwargs.get(name) for name in _ADDED}
        with everywhere(asked["plugin"], bool(asked["quiet"]), bool(asked["verbose"])):
            return function(*args, **kwargs)

    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in added.items()
    ]
    parameters = [*signature.parameters.values(), *keywords]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    hints = get_type_hints(function, include_extras=True)
    command.__annotations__ = hints | {name: annotation for name, (annotation, _) in added.items()}
    return command
