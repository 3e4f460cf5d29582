"""How far a run is: a bar on a terminal, lines at intervals where nobody redraws what was printed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evalkit.base.text import duration, printable
from evalkit.runs.session import OnPair

EVERY = 30.0
"""Seconds between two lines."""


@dataclass
class Lines:
    """Says how many of `total` pairs are finished, at most once in `every` seconds of `clock` (0: each with its id)."""

    label: str
    total: int
    say: Callable[[str], None]
    every: float = EVERY
    clock: Callable[[], float] = time.monotonic
    _done: int = 0
    _kept: int = 0
    _failed: int = 0
    _began: float = field(init=False)
    _said: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self._said = self.clock()
        self.say(f"{self.label}: 0 of {self.total}")

    def __call__(self, pair: str, became: str) -> None:
        """A pair is finished; `became` is its outcome, such as "done", "kept" or "failed"."""
        self._done += 1
        self._kept += became == "kept"
        self._failed += became == "failed"
        now = self.clock()
        if now - self._said >= self.every and self._done < self.total:
            self._said = now
            self.say(self._line(now) + (f" ({pair}: {became})" if not self.every else ""))

    def end(self) -> None:
        """The last line."""
        failed = f", {self._failed} failed" if self._failed else ""
        self.say(f"{self.label}: {self._done} of {self.total} in {duration(self.clock() - self._began)}{failed}")

    def _line(self, now: float) -> str:
        parts = [f"{self.label}: {self._done} of {self.total}", f"{duration(now - self._began)} so far"]
        if self._kept < self._done < self.total:  # pairs that were kept cost nothing and tell nothing
            each = (now - self._began) / (self._done - self._kept)
            parts.append(f"about {duration(each * (self.total - self._done))} left")
        return ", ".join([*parts, *([f"{self._failed} failed"] if self._failed else [])])


@contextmanager
def bar(console: Console, label: str, total: int) -> Iterator[OnPair]:
    """A bar with the time left, and how many pairs failed."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(escape(printable(label)), total=total, note="")
        failed = 0

        def on_pair(pair: str, became: str) -> None:
            nonlocal failed
            failed += became == "failed"
            progress.update(task, advance=1, note=f"{failed} failed" if failed else "")

        yield on_pair
