"""What a program hears of a run: nothing but warnings by default, bars where it asks for them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

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
    """A bar with the time left on a terminal or, with ipywidgets, in a notebook; elsewhere a line at each tenth."""
    console = Console(stderr=True)
    if not (console.is_terminal or (console.is_jupyter and find_spec("ipywidgets"))):
        yield _lines(console, title, pairs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
    with Bars(*columns, TimeRemainingColumn(), console=console) as shown:
        task = shown.add_task(escape(printable(title)), total=pairs)
        yield lambda pair, became: shown.update(task, advance=1)


def _lines(console: Console, title: str, pairs: int) -> OnPair:
    done = 0

    def on_pair(pair: str, became: str) -> None:
        nonlocal done
        done += 1
        if done == pairs or done * 10 // max(pairs, 1) > (done - 1) * 10 // max(pairs, 1):
            console.print(escape(printable(f"{title}: {done} of {pairs} pairs")), soft_wrap=True)

    return on_pair
