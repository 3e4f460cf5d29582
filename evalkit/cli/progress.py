"""How far a command is: a bar on a terminal, lines at intervals where stderr is a file or a CI log."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from evalkit.cli.echo import say
from evalkit.cli.loudness import loudness
from evalkit.runs.progress import EVERY, Lines, bar
from evalkit.runs.session import OnPair


@contextmanager
def pair_progress(label: str, total: int) -> Iterator[OnPair]:
    """Progress on stderr over `total` pairs with the time left; call it with a pair id and its outcome.

    A bar on a terminal, else lines; a line for every pair with `--verbose`, nothing with `--quiet`.
    """
    loud = loudness()
    console = Console(stderr=True)
    if loud == "quiet":
        yield lambda pair, became: None
    elif loud == "normal" and console.is_terminal:
        with bar(console, label, total) as on_pair:
            yield on_pair
    else:
        lines = Lines(label, total, say, every=0.0 if loud == "verbose" else EVERY)
        yield lines
        lines.end()
