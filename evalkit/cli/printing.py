"""How tables and comparisons are printed on stdout."""

from collections.abc import Sequence

from rich.markup import escape

from evalkit.cli.console import print_list
from evalkit.cli.echo import echo
from evalkit.leaderboard.reproduce import Comparison
from evalkit.tables.formats import text_of
from evalkit.tables.papers import Paper
from evalkit.tables.table import Table


def print_tables(tables: Sequence[Table], format: str, *, paper: bool, standalone: bool) -> None:
    """Tables one below the other on stdout, as `text_of` makes them."""
    echo(text_of(tables, format, paper=paper, standalone=standalone), nl=False)


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
