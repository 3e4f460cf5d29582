"""`evalkit table`: the table of some runs."""

from pathlib import Path
from typing import Annotated

import typer


def table(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders, such as runs/demo_cross/landmark_warp.")
    ],
    format: Annotated[str, typer.Option("--format", "-f", help="markdown, latex, csv or json.")] = "markdown",
    standalone: Annotated[bool, typer.Option(help="LaTeX that compiles by itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print the table of some runs of one protocol: bold best, underlined second, coverage where it is not complete.

    Example: `evalkit table runs/demo_cross/* --format latex`
    """
    from evalkit.errors import UnknownNameError
    from evalkit.table import build_table
    from evalkit.table_formats import FORMATS, latex

    chosen = "json" if as_json else format
    if chosen not in FORMATS:
        raise UnknownNameError("table format", chosen, FORMATS)
    built = build_table(runs)
    typer.echo(latex(built, standalone=True) if chosen == "latex" and standalone else FORMATS[chosen](built), nl=False)
