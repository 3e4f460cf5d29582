"""Faces of 478 points for tests: only the points that a test speaks of are where they belong."""

import numpy as np

from evalkit.metrics.mesh478 import LEFT_EYE_OUTER, LOWER_LIP, RIGHT_EYE_OUTER, UPPER_LIP


def faces(openings, eye_distance=100.0):
    """(T, 478, 2) pixels: one face whose mouth opens by `openings` (T,), in distances of the outer eye corners."""
    points = np.repeat(np.random.default_rng(0).uniform(60, 200, (1, 478, 2)), len(openings), axis=0)
    points[:, RIGHT_EYE_OUTER], points[:, LEFT_EYE_OUTER] = (50, 80), (50 + eye_distance, 80)
    for place, (upper, lower) in enumerate(zip(UPPER_LIP, LOWER_LIP, strict=True)):
        points[:, upper] = points[:, lower] = (80 + 5 * place, 160)
        points[:, lower, 1] += eye_distance * np.asarray(openings)
    return points


def blinking(closed, frames=40):
    """(T, 52) blendshapes of eyes that are closed in the frames `closed`."""
    rows = np.full((frames, 52), 0.05)
    rows[list(closed), 9:11] = 0.7
    return rows
