"""Which methods are on a Pareto front. It draws nothing, so whoever only asks loads no library that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Axis:
    """A metric on an axis."""

    title: str
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class Point:
    """A method: two metrics with their intervals (None: no interval), and frames per second (None: not timed).

    `word` says why an interval is missing. An `anchor` marks one end of the scale and is never on the front. `status`
    is that of a leaderboard row, empty for a run.
    """

    title: str
    x: float
    y: float
    x_interval: tuple[float, float] | None = None
    y_interval: tuple[float, float] | None = None
    fps: float | None = None
    anchor: bool = False
    word: str = ""
    status: str = ""


def pareto_front(points: Sequence[Point], x: Axis, y: Axis) -> list[bool]:
    """Which points no other beats: at least as good on x, y and speed, and better on one of them; anchors left out.

    A method that was not timed is slower than any that was.
    """
    sign_x, sign_y = (1 if axis.better == "higher" else -1 for axis in (x, y))
    scores = np.array([[sign_x * p.x, sign_y * p.y, -1.0 if p.fps is None else p.fps] for p in points])
    compete = np.array([not point.anchor for point in points])
    beaten = (scores[None] >= scores[:, None]).all(axis=2) & (scores[None] > scores[:, None]).any(axis=2) & compete
    return [not bool(np.any(row)) and bool(free) for row, free in zip(beaten, compete, strict=True)]
