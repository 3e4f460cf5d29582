"""Which part of a picture the networks see, and where what they paint belongs.

The released networks know faces cut out by one rule: a square twice as large as the larger side of the landmarks' box,
its middle a sixth of that side higher than the box's; brought to 256 pixels. Facts of the official code
(`libs/utilities/ffhq_cropping.py`; DECA's `datasets.py`). The square has whole pixels, so that a painted face can be
put back exactly where the driving face was cut out.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from evalkit.clips import video

Picture = NDArray[np.uint8]
Points = NDArray[np.floating]

HIGHER = 6
"""The square's middle is above that of the landmarks by their larger side over this, fractions cut off."""
BLUR = 5.0
"""Standard deviation of the blur where the picture was continued, pixels."""
POSE_CROP = 224
"""Side of what the pose encoder sees, pixels."""
POSE_SCALE = 1.25 * 1.1
"""Side of the pose encoder's square over the mean of width and height of the landmarks' box."""
RANGE = 2 / (2 + 1e-5)
"""The official code brings [-1, 1] to [0, 1] with a small number in the divisor."""


@dataclass(frozen=True)
class Square:
    """A square of whole pixels; it may reach over the edge of the picture.

    Attributes:
        left: first column.
        top: first row.
        side: pixels.
    """

    left: int
    top: int
    side: int

    def inside(self, points: Points, size: int) -> Points:
        """(N, 2) pixels of the picture -> pixels of the square when it is `size` pixels large."""
        moved: Points = (points - (self.left, self.top) + 0.5) * (size / self.side) - 0.5
        return moved


def square_of(landmarks: Points) -> Square | None:
    """The square of (68, 2) landmarks, x, y in pixels; None where they span no pixel, or are NaN."""
    if not np.isfinite(landmarks).all():
        return None
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    reach = int((high - low).max())
    if reach < 1:
        return None
    x, y = ((low + high) / 2).round().astype(int)
    return Square(int(x) - reach, int(y) - reach // HIGHER - reach, 2 * reach)


def cut(picture: Picture, square: Square, size: int) -> Picture:
    """(H, W, 3) -> (size, size, 3): the square, resized by Pillow's bicubic filter.

    A picture that ends inside the square is continued by its mirror image, which is blurred, and fades to the median
    colour towards the edge of the square.
    """
    height, width = picture.shape[:2]
    left, top = square.left, square.top
    before = (max(-left, 0), max(-top, 0))
    after = (max(left + square.side - width, 0), max(top + square.side - height, 0))
    if any(before) or any(after):
        picture = _continued(picture, before, after)
        left, top = left + before[0], top + before[1]
    whole = picture[top : top + square.side, left : left + square.side]
    return video.fit(np.ascontiguousarray(whole), size)


def _continued(picture: Picture, before: tuple[int, int], after: tuple[int, int]) -> Picture:
    """The picture with (x, y) mirrored pixels before and after it."""
    rows, columns = (before[1], after[1]), (before[0], after[0])
    mirrored = np.pad(picture, (rows, columns, (0, 0)), mode="symmetric").astype(np.float32)
    added = [np.maximum(np.array(pair, np.float32), np.float32(1e-10)) for pair in (columns, rows)]
    towards = [_outside(mirrored.shape[1 - axis], *added[axis]) for axis in (0, 1)]
    outside = np.maximum(towards[0][None, :], towards[1][:, None])[..., None]
    blurred = ndimage.gaussian_filter(mirrored, (BLUR, BLUR, 0))
    mirrored += (blurred - mirrored) * np.clip(outside * 3 + 1, 0, 1)
    mirrored += (np.median(mirrored, axis=(0, 1)) - mirrored) * np.clip(outside, 0, 1)
    return mirrored.astype(np.uint8)


def _outside(length: int, before: np.float32, after: np.float32) -> NDArray[np.float32]:
    """(length,) 1 at the ends, 0 where the picture begins and ends, below 0 inside it."""
    position = np.arange(length, dtype=np.float32)
    share: NDArray[np.float32] = 1 - np.minimum(position / before, position[::-1] / after)
    return share


def put_back(painted: Picture, square: Square, picture: Picture) -> Picture:
    """(H, W, 3) `picture` with (n, n, 3) `painted` in the square; what reaches over the edge is cut off."""
    height, width = picture.shape[:2]
    patch = video.fit(painted, square.side)
    left, top = max(square.left, 0), max(square.top, 0)
    right, bottom = min(square.left + square.side, width), min(square.top + square.side, height)
    result = picture.copy()
    if left < right and top < bottom:
        rows = slice(top - square.top, bottom - square.top)
        columns = slice(left - square.left, right - square.left)
        result[top:bottom, left:right] = patch[rows, columns]
    return result


def pose_crop(crop: Picture, landmarks: Points) -> Tensor:
    """What the pose encoder sees of a driving face.

    Args:
        crop: (n, n, 3) from `cut`.
        landmarks: (68, 2) in it.

    Returns:
        (3, 224, 224) float32 in [0, 1], bilinear, 0 outside the crop. As in the official code pixels are counted from
        their centres in the matrix and from their edges in the sampling.
    """
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    reach = crop.shape[0] - 1
    zoom = int((high - low).sum() / 2 * POSE_SCALE) / reach
    x, y = (low + high) / reach - 1
    matrix = torch.tensor([[[zoom, 0.0, x], [0.0, zoom, y]]], dtype=torch.float32)
    image = torch.from_numpy(np.array(crop)).permute(2, 0, 1)[None].float() * (RANGE / 255)
    grid = functional.affine_grid(matrix, [1, 3, POSE_CROP, POSE_CROP], align_corners=False)
    return functional.grid_sample(image, grid, align_corners=False)[0]
