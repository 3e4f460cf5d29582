"""What the source looks like: feature maps of a face recogniser on an aligned crop.

Source: Bounareli et al., "HyperReenact" (ICCV 2023), section 3.1. State-dict keys are those of `insight_face.pth`.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from baselines.hyperreenact.residual import ResidualNetwork
from baselines.hyperreenact.sizes import Sizes

CROP = 112
TEMPLATE: NDArray[np.float64] = np.array(
    [
        [35.343697, 51.6963],  # eye on the left of the image
        [76.453766, 51.5014],  # eye on the right
        [56.029396, 71.7366],  # tip of the nose
        [39.14085, 92.3655],  # corner of the mouth on the left
        [73.18488, 92.2041],  # on the right
    ]
)
"""(5, 2) where the five points lie in the crop, pixels."""

FINAL = CROP // 16
"""Side of the recogniser's last maps."""


def five_points(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """(68, 2) landmarks -> (5, 2) in the order of `TEMPLATE`; an eye is the mean of its six."""
    eyes = [landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)]
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]]).astype(np.float64)


def crop_matrix(landmarks: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """(2, 3) for `affine_grid`: from the crop to a picture of `side` pixels with these 68 landmarks (68, 2).

    The similarity that takes the template to the five points with least squares is, in complex numbers, a regression
    on one number: points = factor * template + shift. What follows is the official code's change of units.
    """
    template = TEMPLATE @ (1, 1j)
    points = five_points(landmarks) @ (1, 1j)
    moves, moved = template - template.mean(), points - points.mean()
    factor = (moves.conj() @ moved) / (moves.conj() @ moves).real
    shift = points.mean() - factor * template.mean()
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]]) * (CROP / side)
    place = np.array([shift.real, shift.imag]) * (2 / side) + turn.sum(axis=1) - 1
    return np.column_stack([turn, place])


class AppearanceEncoder(ResidualNetwork):
    """The recogniser, of which the maps before its vector are used."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes.residual)
        channels = sizes.residual[-1][0]
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Dropout(),
            nn.Flatten(),
            nn.Linear(channels * FINAL**2, sizes.embedding),
            nn.BatchNorm1d(sizes.embedding),
        )

    def forward(self, images: Tensor, matrix: Tensor) -> Tensor:
        """(B, 3, n, n) pictures in [-1, 1] and the (B, 2, 3) of `crop_matrix` -> (B, C, 7, 7)."""
        return self.maps(aligned(images, matrix))[-1]

    def embedding(self, features: Tensor) -> Tensor:
        """(B, C, 7, 7) -> (B, embedding) unit vectors; HyperReenact does not use them."""
        return functional.normalize(self.output_layer(features))


def aligned(images: Tensor, matrix: Tensor) -> Tensor:
    """(B, 3, n, n) -> (B, 3, 112, 112) by the (B, 2, 3) of `crop_matrix`, bilinear, 0 outside."""
    grid = functional.affine_grid(matrix.to(images), [len(images), 3, CROP, CROP], align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
