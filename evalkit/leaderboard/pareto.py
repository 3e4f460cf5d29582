"""The Pareto figure of a board."""

from matplotlib.figure import Figure

from evalkit.errors import RunError
from evalkit.figures.from_runs import tradeoff_figure
from evalkit.leaderboard.board import Board


def board_figure(board: Board, identity: str | None = None, motion: str | None = None) -> Figure:
    """Identity against motion and speed (`evalkit.figures.from_runs.tradeoff_figure`); forced rows are left out.

    Raises `UnknownNameError` for a metric the ranked rows do not share, `RunError` when there is nothing to draw.
    """
    entries = [entry for entry in board.entries if not entry.flags]
    if not any(entry.ranked for entry in entries):
        raise RunError(f"The leaderboard of {board.protocol} has no ranked row to draw.")
    return tradeoff_figure([entry.measured() for entry in entries], board.ranked_by, identity, motion)
