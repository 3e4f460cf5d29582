"""How much a command says on stderr: `--quiet` only what went wrong, `--verbose` a line for every pair as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import typer

Loudness = Literal["quiet", "normal", "verbose"]
_CHOSEN: ContextVar[Loudness] = ContextVar("loudness", default="normal")


def loudness() -> Loudness:
    """What the user asked for, inside the command that is running."""
    return _CHOSEN.get()


@contextmanager
def speaking(quiet: bool, verbose: bool) -> Iterator[None]:
    """Inside, commands are as loud as asked; what an outer command was told holds where nothing is asked."""
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other.")
    token = _CHOSEN.set("quiet" if quiet else "verbose" if verbose else _CHOSEN.get())
    try:
        yield
    finally:
        _CHOSEN.reset(token)
