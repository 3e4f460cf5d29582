"""What a program hears of a run: nothing but warnings by default, bars where it asks for them."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from rich.console import Console

from evalkit.base.text import duration, printable
from evalkit.runs.progress import Lines, bar
from evalkit.runs.session import OnPair, Progress, silent
from evalkit.tables.html import escaped

_LOG = logging.getLogger("evalkit")


def notice(text: str) -> None:
    """Something that a reader of the results has to know: a warning of the logger "evalkit"."""
    _LOG.warning(printable(text))


def progress_of(shown: bool) -> Progress:
    """Bars when they are wanted, and none else."""
    return bars if shown else silent


@contextmanager
def bars(title: str, pairs: int) -> Iterator[OnPair]:
    """A bar in a notebook or on a terminal, with the time left; elsewhere lines on stderr at intervals."""
    console = Console(stderr=True)
    if console.is_jupyter:
        yield _in_notebook(title, pairs)
    elif console.is_terminal:
        with bar(console, title, pairs) as on_pair:
            yield on_pair
    else:
        lines = Lines(title, pairs, lambda text: console.print(printable(text), markup=False, soft_wrap=True))
        yield lines
        lines.end()


def _in_notebook(title: str, pairs: int) -> OnPair:
    """An element of the page that is replaced: it needs no widgets, and a saved notebook shows how it ended."""
    shown = import_module("IPython.display")  # there, since this runs in a notebook
    began, done = time.monotonic(), 0

    def element() -> Any:
        left = (time.monotonic() - began) / done * (pairs - done) if done else 0.0
        words = f"{title}: {done} of {pairs} pairs" + (f", about {duration(left)} left" if left else "")
        return shown.HTML(f'<div><progress value="{done}" max="{pairs}"></progress> {escaped(words)}</div>')

    handle = shown.display(element(), display_id=True)

    def on_pair(pair: str, became: str) -> None:
        nonlocal done
        done += 1
        handle.update(element())

    return on_pair
