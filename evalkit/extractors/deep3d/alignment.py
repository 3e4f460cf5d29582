"""The five-point alignment of Deep3DFaceRecon: 68 landmarks -> scale and shift -> 224x224 crop.

The standard face is fitted to five landmarks with an affine camera; the image is then scaled so that the fitted face
has a fixed size, and a square around its centre is cut out. The image is never rotated: head pose must survive for the
regressor to read it.

Points come in two systems: "y down" (pixels, as detectors give them) and "y up" (y' = H - 1 - y, as the official code
computes). Every function says which one it takes.

Source: Deng et al., CVPRW 2019, and the preprocessing of `sicxu/Deep3DFaceRecon_pytorch`; the standard points are its
`similarity_Lm3D_all` table. Tolerances against that code: `tests/parity/methods/deep3dfacerecon.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROP_SIZE = 224
"""Side of the crop, pixels."""

RESCALE_FACTOR = 102.0
"""Pixels of the crop per unit of the standard face."""

MAX_RESIZED_SIDE = 32768
"""Largest side of the resized image, pixels; a fit beyond it comes from landmarks that collapsed into one spot."""

STANDARD_POINTS: NDArray[np.float32] = np.array(
    [
        [-0.31148657, 0.29036078, 0.13377953],  # eye on the left of the image
        [0.30979887, 0.28972036, 0.13179526],  # eye on the right of the image
        [0.0032534988, -0.046179324, 0.55244243],  # nose tip
        [-0.25216928, -0.38133916, 0.22405732],  # mouth corner on the left
        [0.2484662, -0.38128236, 0.22235769],  # mouth corner on the right
    ],
    dtype=np.float32,
)
"""(5, 3) standard face: x right, y up, z towards the camera."""


@dataclass(frozen=True)
class Alignment:
    """Where the crop lies: resize the image by `scale`, then cut `crop_size` pixels around the face centre.

    Attributes:
        width: of the full image, pixels.
        height: of the full image, pixels.
        scale: resized pixels per image pixel.
        tx: face centre, image pixels, from the left.
        ty: face centre, image pixels, y up.
        crop_size: side of the crop, pixels.
    """

    width: int
    height: int
    scale: float
    tx: float
    ty: float
    crop_size: int = CROP_SIZE

    @property
    def params(self) -> NDArray[np.float64]:
        """(5,) width, height, scale, tx, ty: the "transform numbers" that 3DMM methods store beside coefficients."""
        return np.array([self.width, self.height, self.scale, self.tx, self.ty], dtype=np.float64)

    @property
    def resized(self) -> tuple[int, int]:
        """(width, height) of the resized image; fractions are cut off."""
        return int(self.width * self.scale), int(self.height * self.scale)

    @property
    def corner(self) -> tuple[int, int]:
        """(left, top) of the crop in the resized image, y down, truncated towards zero; may lie outside."""
        width, height = self.resized
        left = width / 2 - self.crop_size / 2 + (self.tx - self.width / 2) * self.scale
        top = height / 2 - self.crop_size / 2 + (self.height / 2 - self.ty) * self.scale
        return int(left), int(top)


def flip_y(points: NDArray[np.floating], height: int) -> NDArray[np.floating]:
    """Turn (..., 2) points between y down and y up: y' = height - 1 - y."""
    flipped = points.copy()
    flipped[..., 1] = height - 1 - flipped[..., 1]
    return flipped


def five_points(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    """Reduce 68 landmarks to eye, eye, nose tip, mouth corner, mouth corner.

    Args:
        landmarks: (68, 2) in the iBUG order, either y direction. An eye is the middle of its two corners.

    Returns:
        (5, 2), same y direction and dtype.

    Raises:
        ValueError: if the shape is not (68, 2).
    """
    if landmarks.shape != (68, 2):
        raise ValueError(f"expected 68 landmarks of shape (68, 2), got {landmarks.shape}")
    eyes = [landmarks[[36, 39]].mean(axis=0), landmarks[[42, 45]].mean(axis=0)]
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])


def points_without_face(
    width: int, height: int, standard: NDArray[np.floating] = STANDARD_POINTS
) -> NDArray[np.floating]:
    """PIRenderer's rule for a frame without a face: the standard face stretched over the image, (5, 2), y up."""
    return (standard[:, :2] + 1) / 2 * np.array([width, height], dtype=standard.dtype)


def fit_alignment(
    points: NDArray[np.floating],
    width: int,
    height: int,
    *,
    standard: NDArray[np.floating] = STANDARD_POINTS,
    rescale_factor: float = RESCALE_FACTOR,
    crop_size: int = CROP_SIZE,
) -> Alignment:
    """Fit the affine camera x' = a.X + tx, y' = b.X + ty by least squares; the face's size is (|a| + |b|) / 2.

    Args:
        points: (5, 2) pixels, y up, in the order of `five_points`.
        width: of the image, pixels.
        height: of the image, pixels.
        standard: (5, 3) standard face.
        rescale_factor: crop pixels per unit of the standard face.
        crop_size: side of the crop, pixels.

    Returns:
        The scale and shift that bring the face to its standard size in the middle of the crop.

    Raises:
        ValueError: if the points are not five finite ones, or no face of their size fits the image.
    """
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise ValueError(f"expected five finite points of shape (5, 2), got {points.shape}: {points.tolist()}")
    system = np.hstack([standard.astype(np.float64), np.ones((5, 1))])  # (5, 4), rows (X, 1)
    camera = np.linalg.lstsq(system, points.astype(np.float64), rcond=None)[0]  # (4, 2), columns (a, tx), (b, ty)
    face_size = np.linalg.norm(camera[:3], axis=0).mean()
    if not rescale_factor * max(width, height) / MAX_RESIZED_SIDE < face_size < rescale_factor * min(width, height):
        raise ValueError(f"five points that fit no face in a {width}x{height} image: {points.tolist()}")
    tx, ty = camera[3]
    return Alignment(width, height, float(rescale_factor / face_size), float(tx), float(ty), crop_size)


def align_image(image: NDArray[np.uint8], alignment: Alignment) -> NDArray[np.uint8]:
    """Resize (PIL bicubic) and crop; what lies outside the image becomes black.

    Args:
        image: (H, W, 3) uint8 RGB, of the size the alignment was fitted for.
        alignment: from `fit_alignment`.

    Returns:
        (crop_size, crop_size, 3) uint8 RGB.

    Raises:
        ValueError: if the image is not uint8 RGB of the alignment's size.
    """
    if image.shape != (alignment.height, alignment.width, 3) or image.dtype != np.uint8:
        expected = (alignment.height, alignment.width, 3)
        raise ValueError(f"expected a uint8 image of shape {expected}, got {image.dtype} {image.shape}")
    left, top = alignment.corner
    resized = Image.fromarray(image).resize(alignment.resized, Image.Resampling.BICUBIC)
    box = (left, top, left + alignment.crop_size, top + alignment.crop_size)
    return np.asarray(resized.crop(box))


def align_points(points: NDArray[np.floating], alignment: Alignment) -> NDArray[np.float64]:
    """Move (N, 2) points, y up, image pixels, into the crop; y stays up."""
    size = np.array([alignment.width, alignment.height], dtype=np.float64)
    centre = np.array([alignment.tx, alignment.ty], dtype=np.float64)
    offset = np.array(alignment.resized, dtype=np.float64) / 2 - alignment.crop_size / 2
    moved: NDArray[np.float64] = (points - centre + size / 2) * alignment.scale - offset
    return moved
