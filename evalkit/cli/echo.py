"""Plain lines on stdout or stderr: the only way to print text that is not a table of rich."""

import typer

from evalkit.base.text import printable
from evalkit.cli.loudness import loudness


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print `text`; what would steer the terminal is written out."""
    typer.echo(printable(str(text)), err=err, nl=nl)


def say(text: str) -> None:
    """One line on stderr, unless `--quiet`."""
    if loudness() != "quiet":
        warn(text)


def warn(text: str) -> None:
    """One line on stderr about something that went wrong, also with `--quiet`."""
    echo(text, err=True)
