"""Square crops around landmarks, upright by the line from the eyes to the mouth.

Facts of the official `crop.py`: the box of the landmarks in the turned frame, squared by its longer side, enlarged, and
moved along the turned axes; sampled bilinearly, black outside the image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]

EYES_AND_MOUTH: dict[int, tuple[tuple[int, ...], tuple[int, ...], tuple[int, int]]] = {
    68: ((36, 39), (42, 45), (48, 54)),
    203: ((0, 6, 12, 18), (24, 30, 36, 42), (48, 66)),
}
"""Number of landmarks -> those whose mean is the left eye, the right eye, and the middle of the mouth."""


@dataclass(frozen=True)
class Crop:
    """How to crop.

    Attributes:
        side: of the crop, pixels.
        scale: side of the square over that of the landmarks' box.
        down: shift along the face's vertical axis as a share of the square; negative shows more forehead.
    """

    side: int
    scale: float
    down: float


SOURCE_CROP = Crop(side=512, scale=2.3, down=-0.125)
DRIVING_CROP = Crop(side=512, scale=2.2, down=-0.1)
LANDMARK_CROP = Crop(side=224, scale=1.5, down=-0.1)
"""What the 203-landmark network sees."""


def crop_matrix(landmarks: Points, crop: Crop) -> NDArray[np.float64]:
    """(2, 3) matrix from image to crop coordinates for (68, 2) or (203, 2) landmarks, x, y in pixels."""
    centre, size, axes = _square(landmarks, crop)
    turn = axes * (crop.side / size)
    return np.column_stack([turn, crop.side / 2 - turn @ centre])


def upright_box(landmarks: Points, crop: Crop) -> NDArray[np.float64]:
    """(4,) left, top, right, bottom of the square of `crop_matrix`, not turned with the face."""
    centre, size, _ = _square(landmarks, crop)
    return np.concatenate([centre - size / 2, centre + size / 2])


def box_matrix(box: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """(2, 3) matrix from image to crop coordinates for a box of `upright_box`."""
    scale = side / (box[2] - box[0])
    return np.column_stack([np.eye(2) * scale, side / 2 - scale * (box[:2] + box[2:]) / 2])


def crop_image(image: NDArray[np.uint8], matrix: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """(H, W, 3) -> (side, side, 3) through the matrix of `crop_matrix`."""
    import cv2

    return np.asarray(cv2.warpAffine(image, matrix.astype(np.float32), (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def uncropped(points: Points, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) crop coordinates back in the image."""
    return np.asarray((points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T)


def _square(landmarks: Points, crop: Crop) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Centre and side of the square, pixels, and its axes: rows are right and down in the face."""
    down = _downwards(landmarks)
    axes = np.stack([(down[1], -down[0]), down])
    middle = landmarks.mean(axis=0)
    turned = (landmarks - middle) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    size = float((high - low).max() * crop.scale)
    return middle + axes.T @ ((low + high) / 2 + (0.0, crop.down * size)), size, axes


def _downwards(landmarks: Points) -> NDArray[np.float64]:
    """(2,) unit vector from the middle of the eyes to that of the mouth; straight down where they coincide."""
    left, right, mouth = (landmarks[list(which)].mean(axis=0) for which in EYES_AND_MOUTH[len(landmarks)])
    line = mouth - (left + right) / 2
    length = float(np.linalg.norm(line))
    return np.asarray(line / length) if length > 1e-3 else np.array([0.0, 1.0])
