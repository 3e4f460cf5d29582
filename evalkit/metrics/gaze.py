"""Gaze error: the angle between the directions in which the generated and the driving eyes look, relative to the head.

`gaze[iris]` takes the geometry of MediaPipe's iris points (`extractors/iris_gaze.py`), `gaze[blendshapes]` its eight
gaze blendshapes, where a score of 1 counts 40 degrees sideways and 25 up or down: what the iris points give for it on
six real clips. Frames in which either pair of eyes is closed have no value. `gaze[l2cs]` takes the angles of a network
on the whole face, which the user runs: there the head counts too. Source: the eye-direction error of LivePortrait, Guo
et al., 2024, which takes such a network.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, MetricFunction, check_rows
from evalkit.metrics.blendshapes import closed_eyes, of_both_sides
from evalkit.types import WHOLE_CLIP, Values

SIDEWAYS, UPWARD = np.deg2rad(40.0), np.deg2rad(25.0)
"""Angles of a blendshape score of 1."""


def gaze_iris(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) angle in degrees between gazes (T, 4): a direction in the axes of the head, and how far eyes are closed."""
    return _error(generated, driving, lambda rows: rows[:, :3], lambda rows: rows[:, 3])


def gaze_blendshapes(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) angle in degrees between the gazes of blendshapes (T, 52)."""
    return _error(generated, driving, direction, lambda rows: of_both_sides(rows, "eyeBlink"))


def gaze_angles(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) angle in degrees between directions (T, 2): angles sideways and up or down, in radians."""
    check_rows(generated, driving)
    return _between(*(_direction(rows[:, 0], rows[:, 1]) for rows in (generated, driving)))


def direction(rows: NDArray[Any]) -> Values:
    """(T, 3) unit vectors, x to the right of the picture, y down, z away from the camera, of blendshapes (T, 52)."""
    left, right = ({part: rows[:, _LOOK[part + side]] for part in _PARTS} for side in ("Left", "Right"))
    across = SIDEWAYS * (left["Out"] - left["In"] + right["In"] - right["Out"]) / 2
    down = UPWARD * (left["Down"] - left["Up"] + right["Down"] - right["Up"]) / 2
    return _direction(across, down)


def _direction(across: Values, down: Values) -> Values:
    return np.stack([np.sin(across) * np.cos(down), np.sin(down), -np.cos(across) * np.cos(down)], axis=1)


def _between(one: Values, other: Values) -> Values:
    """(T,) angle in degrees between vectors (T, 3), by their chord: the cosine is too coarse for small angles."""
    one, other = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (one, other))
    return np.asarray(np.rad2deg(2 * np.arcsin(np.clip(np.linalg.norm(one - other, axis=1) / 2, 0, 1))))


_PARTS = ("Down", "In", "Out", "Up")
_LOOK = {
    part + side: 11 + 2 * place + at for place, part in enumerate(_PARTS) for at, side in enumerate(("Left", "Right"))
}


def _error(
    generated: NDArray[Any],
    driving: NDArray[Any],
    towards: Callable[[NDArray[Any]], Values],
    blink: Callable[[NDArray[Any]], Values],
) -> Values:
    check_rows(generated, driving)
    return np.where(
        closed_eyes(blink(generated)) | closed_eyes(blink(driving)),
        np.nan,
        _between(towards(generated), towards(driving)),
    )


def _metric(variant: str, source: tuple[str, str], function: MetricFunction, settings: str, words: str) -> Metric:
    return Metric(
        id="gaze",
        variant=variant,
        title="Gaze",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=source,
        function=function,
        settings=f"{settings}, eyes closed 0.2 above median left out",
        paper="Guo et al., LivePortrait, 2024 (eye-direction error)",
        description=f"Angle between the directions of gaze relative to the head, in degrees, by {words}.",
        differences="LivePortrait takes the gaze of the whole face by a network; here the head does not count.",
        unit="deg",
        high=180.0,
        decimals=2,
        window=WHOLE_CLIP,
    )


METRICS = (
    _metric("iris", ("iris_gaze", "gaze"), gaze_iris, "angle of iris directions", "MediaPipe's iris points"),
    _metric(
        "blendshapes",
        ("mediapipe478", "blendshapes"),
        gaze_blendshapes,
        "angle, score 1 = 40 deg sideways, 25 deg up and down",
        "MediaPipe's gaze blendshapes",
    ),
    replace(
        _metric("l2cs", ("l2cs", "angles"), gaze_angles, "", "L2CS-Net's angles of the whole face"),
        settings="angle of two angles per frame, closed eyes too",
        description="Angle between the directions of gaze of the whole face in degrees, by L2CS-Net, which the user "
        "runs.",
        differences="LivePortrait does not say which network it takes.",
        window=1,
    ),
)
