"""How tables and comparisons are printed on stdout."""

from collections.abc import Sequence

from rich.markup import escape

from evalkit.cli.console import print_list
from evalkit.cli.echo import echo
from evalkit.errors import UnknownNameError
from evalkit.leaderboard.reproduce import Comparison
from evalkit.tables.formats import FORMATS
from evalkit.tables.latex import document, latex, latex_paper
from evalkit.tables.papers import Paper
from evalkit.tables.table import Table


def print_tables(tables: Sequence[Table], format: str, *, paper: bool, standalone: bool) -> None:
    """Tables one below the other; LaTeX in the layout of papers with `paper`, one document with `standalone`.

    Raises `UnknownNameError` for an unknown format.
    """
    if format not in FORMATS:
        raise UnknownNameError("table format", format, FORMATS)
    if format == "latex":
        texts = [latex_paper(table) if paper else latex(table) for table in tables]
        text = document(texts, landscape=paper) if standalone else "\n".join(texts)
    elif format == "json" and len(tables) > 1:
        text = "[" + ",\n".join(FORMATS[format](table).rstrip("\n") for table in tables) + "]\n"
    else:
        text = "\n".join(FORMATS[format](table) for table in tables)
    echo(text, nl=False)


def print_comparisons(paper: Paper, comparisons: Sequence[Comparison]) -> None:
    """A list per table of the paper, then what the paper does not state."""
    for name in dict.fromkeys(comparison.table for comparison in comparisons):
        of = [comparison for comparison in comparisons if comparison.table == name]
        rows = [
            [
                escape(c.method),
                escape(f"{c.metric} {c.group}".strip()),
                c.reported,
                "-" if c.measured is None else f"{c.measured:.4g}",
                "-" if c.difference is None else f"{c.difference:+.4g}",
                escape("; ".join(c.why)),
            ]
            for c in of
        ]
        columns = ["Method", "Metric", "Reported", "Measured", "Difference", "Caveats"]
        echo(f"{paper.card.name}, {name}")
        print_list(columns, rows)
        echo()
    echo(f"{paper.card.name} does not state: {'; '.join(paper.card.unstated)}.")
