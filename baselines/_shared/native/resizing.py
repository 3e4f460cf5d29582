"""The filters by which official demos bring pictures to the size of their networks. An adapter names its own.

pillow   Pillow bicubic, antialiased when shrinking, 8-bit levels: LIA, DPE, PIRenderer
skimage  `skimage.transform.resize`, a Gaussian when shrinking, then bilinear, no rounding: FOMM's family, FSRT
opencv   `cv2.resize`, bilinear, not antialiased, 8-bit levels: LivePortrait
"""

import functools
from collections.abc import Callable, Mapping

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from baselines._shared.native.opencv_resize import resize_linear
from evalkit.clips import video
from evalkit.types import Frames

Resize = Callable[[Frames, int], Tensor]
"""(T, H, W, 3) uint8 RGB and a side -> (T, 3, side, side) float32 in [0, 1]."""


def by_pillow(frames: Frames, size: int) -> Tensor:
    """Frame by frame with `video.fit`, which crops what is not square."""
    return _scaled(torch.from_numpy(np.stack([video.fit(frame, size) for frame in frames])))


def by_opencv(frames: Frames, size: int) -> Tensor:
    """Bit for bit what OpenCV gives for uint8 frames."""
    return _scaled(resize_linear(torch.from_numpy(np.array(frames)), size, size))


def by_skimage(frames: Frames, size: int) -> Tensor:
    """What scikit-image gives in float64, up to rounding there, as two products with small matrices."""
    rows, columns = (torch.from_numpy(_shrinking(length, size)) for length in frames.shape[1:3])
    pictures = torch.from_numpy(np.array(frames)).permute(0, 3, 1, 2).double() / 255
    return (rows @ pictures @ columns.T).float()


RESIZE: Mapping[str, Resize] = {"pillow": by_pillow, "skimage": by_skimage, "opencv": by_opencv}
"""Value of the option `resize` -> filter."""


def _scaled(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 3, 1, 2).contiguous().float() / 255


@functools.cache
def _shrinking(length: int, size: int) -> np.ndarray:
    """(size, length) matrix of one axis: the filters of scikit-image, applied to every unit vector."""
    factor, blurred = length / size, np.eye(length)
    if factor > 1:
        blurred = ndimage.gaussian_filter1d(blurred, (factor - 1) / 2, axis=0, mode="mirror")
    return np.asarray(ndimage.zoom(blurred, (1 / factor, 1), order=1, mode="mirror", grid_mode=True))
