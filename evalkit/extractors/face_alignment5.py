"""The 112x112 alignment of ArcFace: five points onto a template by rotation, scale and shift.

Source of the template: Deng et al., ArcFace, CVPR 2019, as in insightface `utils/face_align.py` (`norm_crop`). The
least-squares similarity is that of Umeyama, PAMI 1991.
"""

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values

SIZE = 112
TEMPLATE: Values = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""(5, 2) x, y: eye and eye, nose tip, mouth corner and mouth corner, from left to right in the picture."""


def similarity(points: Values, template: Values) -> Values:
    """(2, 3) matrix of the rotation, scale and shift that bring (N, 2) `points` closest to `template`.

    In complex numbers a similarity without mirroring is z -> a z + b, and least squares gives a in closed form.
    """
    z, w = points @ [1, 1j], template @ [1, 1j]
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / np.vdot(centred, centred)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def align(frame: NDArray[np.uint8], points: Values) -> NDArray[np.uint8]:
    """(112, 112, 3) uint8 RGB crop of a frame (H, W, 3) by its five points (5, 2); black outside the frame."""
    import cv2

    return np.asarray(cv2.warpAffine(frame, similarity(points, TEMPLATE), (SIZE, SIZE)), dtype=np.uint8)
