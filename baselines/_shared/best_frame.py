"""The driving frame whose face is posed most like the source's: where relative motion should start.

Source: Siarohin et al., "First Order Motion Model" (NeurIPS 2019), as used by Rochow et al., "FSRT" (CVPR 2024),
section 3.4. The official demo splits the clip there and plays the first part backwards; since a frame depends only on
itself and on the initial frame, giving the initial frame to `FSRT.transfer` has the same result.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

Landmarks = NDArray[np.floating]


def normalised(landmarks: Landmarks) -> NDArray[np.float64]:
    """(L, D) landmarks minus their mean, x and y divided by the square root of the area of their convex hull."""
    centred = np.asarray(landmarks, dtype=np.float64) - np.mean(landmarks, axis=0, dtype=np.float64)
    centred[:, :2] /= np.sqrt(ConvexHull(centred[:, :2]).volume)
    return centred


def best_frame(source: Landmarks, driving: Landmarks) -> int:
    """Index of the driving frame with the smallest sum of squared differences of normalised landmarks.

    Args:
        source: (L, D) landmarks of the source, D >= 2.
        driving: (T, L, D) landmarks of the clip, NaN where no face was found; such frames are skipped.

    Returns:
        Index into `driving`, the first one at equal distance.

    Raises:
        ValueError: no face in the source or in any driving frame.
    """
    if not np.isfinite(source).all():
        raise ValueError("the source has no landmarks, so no driving frame can be matched with it")
    wanted = normalised(source)
    distances = [
        float(((normalised(frame) - wanted) ** 2).sum()) if np.isfinite(frame).all() else np.inf for frame in driving
    ]
    if not np.isfinite(distances).any():
        raise ValueError(f"none of the {len(driving)} driving frames has landmarks")
    return int(np.argmin(distances))
