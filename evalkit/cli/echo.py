"""Plain lines on stdout or stderr: the only way to print text that is not a table of rich."""

import typer

from evalkit.base.text import printable


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print `text`; what would steer the terminal is written out."""
    typer.echo(printable(str(text)), err=err, nl=nl)
