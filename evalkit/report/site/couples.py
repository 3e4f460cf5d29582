"""Every method against every other, metric by metric: for the matrix and for A against B."""

import math
from typing import Any

import numpy as np

from evalkit.report.payload import plain
from evalkit.report.site.boards import SiteBoard
from evalkit.statistics.couples import Couple, couples


def couples_of(board: SiteBoard) -> dict[str, dict[tuple[int, int], Couple]]:
    """Metric key -> (row, other row) -> the paired difference. Metrics of sets, such as FID, have none."""
    sources, drivings = ([pair[side] for pair in board.pairs] for side in (1, 2))
    found = {}
    for key, matrix in board.clips.items():
        by_frame = "frame>protocol" in (board.signature(key) or "")
        weights = matrix.coverage if by_frame else np.where(np.isfinite(matrix.means), 1.0, 0.0)
        found[key] = couples(matrix.means, weights, sources, drivings)
    return found


def couple_data(board: SiteBoard, found: dict[str, dict[tuple[int, int], Couple]]) -> dict[str, Any]:
    """For the pages: per metric of the board "i,j" -> [difference, low, high, p, clips, why there is no test].

    The difference is that of the values, row i minus row j. Two methods are apart where p is at most the level.
    """
    return {
        "couples": [
            {f"{i},{j}": _told(couple) for (i, j), couple in found.get(column.key, {}).items()}
            for column in board.metrics
        ],
    }


def wins(board: SiteBoard, found: dict[str, dict[tuple[int, int], Couple]]) -> list[tuple[int, int]]:
    """Per row: how many couples of method and metric it wins and loses, anchors left out."""
    anchors = [one.anchor for one in board.measured]
    counts = [[0, 0] for _ in anchors]
    for column in board.metrics:
        for (i, j), couple in found.get(column.key, {}).items():
            if not couple.apart or anchors[i] or anchors[j]:
                continue
            first = (couple.difference.mean > 0) == (column.better == "higher")
            winner, loser = (i, j) if first else (j, i)
            counts[winner][0] += 1
            counts[loser][1] += 1
    return [(won, lost) for won, lost in counts]


def _told(couple: Couple) -> list[Any]:
    low, high = couple.difference.interval() or (math.nan, math.nan)
    bounds = [plain(value) for value in (couple.difference.mean, low, high)]
    return [*bounds, None if couple.p is None else float(f"{couple.p:.2g}"), couple.clips, couple.difference.word]
