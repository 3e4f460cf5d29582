"""The Pareto figure of a board: which metric stands for identity, which for motion."""

from typing import Any

from matplotlib.figure import Figure

from evalkit.errors import RunError, UnknownNameError
from evalkit.figures.pareto import Axis, Point, pareto_figure
from evalkit.leaderboard.board import Board
from evalkit.leaderboard.entry import Entry

_IDENTITY, _MOTION = ("csim",), ("aed", "apd", "akd", "e_rmse", "p_rmse")


def board_figure(board: Board, identity: str | None = None, motion: str | None = None) -> Figure:
    """Identity (default: the first CSIM) against motion (the first of AED, APD, AKD, E-RMSE, P-RMSE) and speed.

    Rows added by force are left out, and so is the speed when it was timed on different machines; anchors are drawn
    as diamonds and stay off the front. Raises `UnknownNameError` for a metric the ranked rows do not share, `RunError`
    when there is nothing to draw.
    """
    entries = [entry for entry in board.entries if not entry.flags]
    if not any(entry.ranked for entry in entries):
        raise RunError(f"The leaderboard of {board.protocol} has no ranked row to draw.")
    x, y = _choose(board, identity, _IDENTITY, "identity"), _choose(board, motion, _MOTION, "motion")
    machines = {entry.measured().machine for entry in entries if entry.content["speed"]["fps"]}
    points = [_point(entry, x, y, timed=len(machines) == 1) for entry in entries]
    return pareto_figure(points, _axis(entries[0], x), _axis(entries[0], y), entries[0].content["heading"])


def _choose(board: Board, asked: str | None, ids: tuple[str, ...], what: str) -> str:
    if asked is not None:
        if asked not in board.ranked_by:
            raise UnknownNameError(f"metric shared by the ranked rows of {board.protocol}", asked, board.ranked_by)
        return asked
    for name in ids:
        for key in board.ranked_by:
            if key.partition("[")[0] == name:
                return key
    raise RunError(f"The rows of {board.protocol} share no metric of {what} ({', '.join(ids)}); name one yourself.")


def _metric(entry: Entry, key: str) -> dict[str, Any]:
    return dict(entry.content["metrics"][key])


def _axis(entry: Entry, key: str) -> Axis:
    metric = _metric(entry, key)
    unit = f", {metric['unit']}" if metric["unit"] else ""
    variant = key[len(key.partition("[")[0]) :]
    return Axis(f"{metric['title']}{variant}{unit}", metric["better"])


def _point(entry: Entry, x: str, y: str, *, timed: bool) -> Point:
    across, up = _metric(entry, x), _metric(entry, y)
    return Point(
        title=entry.measured().title,
        x=across["value"],
        y=up["value"],
        x_interval=_interval(across),
        y_interval=_interval(up),
        fps=entry.content["speed"]["fps"] if timed else None,
        anchor=entry.content["anchor"],
    )


def _interval(metric: dict[str, Any]) -> tuple[float, float] | None:
    return None if metric["ci_low"] is None else (metric["ci_low"], metric["ci_high"])
