"""What a program hears of a run: nothing but warnings by default, bars where it asks for them."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from evalkit.api.html import escaped
from evalkit.base.text import printable
from evalkit.runs.session import OnPair, Progress, silent

_LOG = logging.getLogger("evalkit")


def notice(text: str) -> None:
    """Something that a reader of the results has to know: a warning of the logger "evalkit"."""
    _LOG.warning(printable(text))


def progress_of(shown: bool) -> Progress:
    """Bars when they are wanted, and none else."""
    return bars if shown else silent


@contextmanager
def bars(title: str, pairs: int) -> Iterator[OnPair]:
    """A bar in a notebook or on a terminal, with the time left; elsewhere a line at each tenth."""
    console = Console(stderr=True)
    if console.is_jupyter:
        yield _in_notebook(title, pairs)
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Bars(*columns, console=console) as shown:
            task = shown.add_task(escape(printable(title)), total=pairs)
            yield lambda pair, became: shown.update(task, advance=1)
    else:
        yield _lines(console, title, pairs)


def _in_notebook(title: str, pairs: int) -> OnPair:
    """An element of the page that is replaced: it needs no widgets, and a saved notebook shows how it ended."""
    shown = import_module("IPython.display")  # there, since this runs in a notebook
    began, done = time.monotonic(), 0

    def bar() -> Any:
        left = (time.monotonic() - began) / done * (pairs - done) if done else 0.0
        text = escaped(f"{title}: {done} of {pairs} pairs" + (f", about {left:.0f} s left" if left else ""))
        return shown.HTML(f'<div><progress value="{done}" max="{pairs}"></progress> {text}</div>')

    handle = shown.display(bar(), display_id=True)

    def on_pair(pair: str, became: str) -> None:
        nonlocal done
        done += 1
        handle.update(bar())

    return on_pair


def _lines(console: Console, title: str, pairs: int) -> OnPair:
    done = 0

    def on_pair(pair: str, became: str) -> None:
        nonlocal done
        done += 1
        if done == pairs or done * 10 // max(pairs, 1) > (done - 1) * 10 // max(pairs, 1):
            console.print(escape(printable(f"{title}: {done} of {pairs} pairs")), soft_wrap=True)

    return on_pair
