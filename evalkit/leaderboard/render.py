"""`leaderboards/README.md`: rendered from the files beside it, never typed."""

from pathlib import Path

from evalkit.base.files import atomic_path
from evalkit.leaderboard.board import Board, board_table, list_boards
from evalkit.tables.markdown import escape_markdown, markdown
from evalkit.tables.paper_tables import published_table
from evalkit.tables.papers import Paper, list_papers, table_name

_INTRODUCTION = """# Leaderboards

Rendered by `evalkit leaderboard render` from the files in this folder; do not edit. Bold is best, underlined second, on
unrounded values. Two numbers share a column only when protocol, data and metric signature agree.
"""
_EMPTY = "No result has been added yet: `evalkit leaderboard add RUN`.\n"
_REPORTED = """## Reported in papers

Printed in the papers and not measured here. Bold and underlined are best and second within one table, as printed;
numbers of different papers, and reported and measured numbers, are never ranked together: they rarely share a
definition. `?` marks a number that is in doubt, with the reason below its table. `evalkit leaderboard reproduce PAPER`
puts measured numbers beside them.
"""


def render(leaderboards: Path) -> str:
    """The text of README.md. Raises `RunError` when a file cannot be read or rows cannot be compared."""
    boards, papers = list_boards(leaderboards), list_papers(leaderboards)
    measured = ["## Measured\n", *(_board(leaderboards, board) for board in boards)] if boards else [_EMPTY]
    reported = [_REPORTED, *map(_paper, papers)] if papers else []
    return "\n".join([_INTRODUCTION, *measured, *reported])


def write_rendered(leaderboards: Path) -> Path:
    """Write README.md, atomically, and return its path."""
    path = leaderboards / "README.md"
    text = render(leaderboards)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _board(leaderboards: Path, board: Board) -> str:
    heading = escape_markdown(board.entries[0].row.heading)
    picture = f"{board.protocol}/pareto.png"
    shown = f"\n![Identity against motion and speed]({picture})\n" if (leaderboards / picture).is_file() else ""
    return f"### {heading} (`{board.protocol}`)\n\n{_spaced(markdown(board_table(board)))}{shown}"


def _paper(paper: Paper) -> str:
    parts = [f"### {escape_markdown(paper.card.name)}\n", escape_markdown(paper.card.title) + "\n"]
    for number in paper.card.tables:
        parts += [f"#### {table_name(number)}\n", _spaced(markdown(published_table(paper, number)))]
    unstated = "; ".join(paper.card.unstated)
    return "\n".join([*parts, f"Not stated: {escape_markdown(unstated)}.\n"])


def _spaced(text: str) -> str:
    """Lines below a table each in a paragraph of their own."""
    table, _, notes = text.rstrip("\n").partition("\n\n")
    return "\n\n".join([table, *notes.split("\n")]) + "\n"
