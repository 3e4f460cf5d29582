"""`evalkit paper`: all tables and figures of a paper."""

from pathlib import Path
from typing import Annotated

import typer


def paper(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A paper.yaml (docs/paper.md).")],
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Make only this file of the paper. Repeatable.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when a file is not what it would become.")
    ] = False,
) -> None:
    """Make all tables and figures of a paper from its runs; the same runs give the same bytes.

    Example: `evalkit paper paper.yaml`
    """
    from evalkit.cli.echo import say, warn
    from evalkit.runs.paper.make import make_paper
    from evalkit.runs.paper.schema import read_paper_file

    stale = False
    for made in make_paper(read_paper_file(file), file.parent, only or (), write=not check):
        stale |= made.state != "unchanged"
        (warn if check and made.state != "unchanged" else say)(f"{made.path}: {made.state}")
    if check and stale:
        raise typer.Exit(1)
