"""The 112x112 alignment of ArcFace: five points onto a template by rotation, scale and shift.

Source of the template: Deng et al., ArcFace, CVPR 2019, as in insightface `utils/face_align.py` (`norm_crop`). The
similarity is the least-squares one (Umeyama, PAMI 1991) of scikit-image in float32: insightface calls the same, and a
matrix that differs by 1e-6 rounds some pixels of the crop to another grey level.
"""

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values

SIZE = 112
TEMPLATE: NDArray[np.float32] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""(5, 2) x, y: eye and eye, nose tip, mouth corner and mouth corner, from left to right in the picture."""


def similarity(points: Values) -> Values:
    """(2, 3) matrix that brings five points (5, 2), in pixels, closest to `TEMPLATE`.

    Raises `ValueError` for points that have collapsed into one spot.
    """
    from skimage.transform import estimate_transform

    transform = estimate_transform("similarity", points.astype(np.float32), TEMPLATE)  # type: ignore[no-untyped-call]
    if not transform or not np.isfinite(transform.params).all():
        raise ValueError(f"five points that span no face: {points.tolist()}")
    return np.asarray(transform.params[:2], dtype=np.float64)


def align(frame: NDArray[np.uint8], points: Values) -> NDArray[np.uint8]:
    """(112, 112, 3) uint8 RGB crop of a frame (H, W, 3) by its five points (5, 2); black outside the frame."""
    import cv2

    return np.asarray(cv2.warpAffine(frame, similarity(points), (SIZE, SIZE)), dtype=np.uint8)
