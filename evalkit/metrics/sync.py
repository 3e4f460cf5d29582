"""How well lips and sound go together, for Sync-C and Sync-D: distances of their embeddings at 31 shifts.

Source: Chung and Zisserman, ACCV workshops 2016, and `calc_pdist` and `evaluate` of github.com/joonson/syncnet_python.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import check_rows
from evalkit.types import Values

SHIFTS = 15
"""Frames by which the sound is shifted to either side."""
FEWEST = 2 * SHIFTS + 1
"""Windows below which a clip has no value: at some shift no frame would meet any sound."""
_EPSILON = 1e-6
SETTINGS = f"windows of 5 frames at 25 fps, shifts of {SHIFTS} frames, zeros beyond the ends, at least {FEWEST} windows"
PAPER = "Chung and Zisserman, ACCV workshops 2016; code of joonson/syncnet_python"
DIFFERENCES = (
    "The face box is MTCNN's, there S3FD's, and a lost face stays where it was, there it is interpolated. Frames are "
    "not stored as XVID and JPEG on the way. A clip is one track without cuts into scenes, and 36 frames are enough, "
    "where there a track of more than 100 frames is asked for."
)
"""From the official pipeline."""


def distances(lips: NDArray[Any], sound: NDArray[Any]) -> Values:
    """(31,) mean Euclidean distance of lips (T, D) to the sound (T, D) at shifts of -15 to 15 frames.

    Rows of zeros are where no window begins; rows of lips with NaN have no face and are left out. NaN in all places for
    fewer than 31 windows. Raises `ValueError` unless both have rows of one shape.
    """
    check_rows(lips, sound)
    begins = min(_windows(lips), _windows(sound))
    seen = np.flatnonzero(np.isfinite(lips[:begins]).all(axis=1))
    if begins < FEWEST or not len(seen) or not np.isfinite(sound[:begins]).all():
        return np.full(FEWEST, np.nan)
    padded = np.pad(sound[:begins], ((SHIFTS, SHIFTS), (0, 0)))
    return np.array(
        [np.linalg.norm(lips[seen] - padded[seen + shift] + _EPSILON, axis=1).mean() for shift in range(FEWEST)]
    )


def _windows(rows: NDArray[Any]) -> int:
    """How many rows there are before those of zeros at the end."""
    there = np.flatnonzero((rows != 0).any(axis=1))
    return int(there[-1]) + 1 if len(there) else 0
