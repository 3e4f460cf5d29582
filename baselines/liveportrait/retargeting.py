"""Stitching and retargeting: three small networks that correct keypoints (paper, stage II)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-6


class KeypointMlp(nn.Module):
    """Linear layers with ReLU between them.

    Args:
        input_size: inputs.
        hidden_sizes: widths of the hidden layers.
        output_size: outputs.
    """

    def __init__(self, input_size: int, hidden_sizes: tuple[int, ...], output_size: int) -> None:
        super().__init__()
        sizes = (input_size, *hidden_sizes)
        layers: list[nn.Module] = []
        for inside, outside in pairwise(sizes):
            layers += [nn.Linear(inside, outside), nn.ReLU()]
        self.mlp = nn.Sequential(*layers, nn.Linear(sizes[-1], output_size))

    def forward(self, x: Tensor) -> Tensor:
        """(T, input_size) -> (T, output_size)."""
        result: Tensor = self.mlp(x)
        return result


@dataclass(frozen=True)
class Retargeting:
    """The three networks of `stitching_retargeting_module.pth`.

    Attributes:
        stitching: `retarget_shoulder`, 2 * 63 -> 65.
        lip: `retarget_mouth`, 63 + 2 -> 63.
        eye: `retarget_eye`, 63 + 3 -> 63.
    """

    stitching: nn.Module
    lip: nn.Module
    eye: nn.Module


def released_retargeting() -> Retargeting:
    """The three networks in the sizes of the released model, untrained."""
    return Retargeting(
        stitching=KeypointMlp(126, (128, 128, 64), 65),
        lip=KeypointMlp(65, (128, 128, 64), 63),
        eye=KeypointMlp(66, (256, 256, 128, 128, 64), 63),
    )


@dataclass(frozen=True)
class Openings:
    """How far eyes and lips are open in T frames, measured on 203 landmarks.

    Attributes:
        eyes: (T, 2) left and right eye, height over width.
        lip: (T, 1) inner lips, height over width.
    """

    eyes: Tensor
    lip: Tensor


def measure_openings(landmarks: Tensor) -> Openings:
    """(T, 203, 2) landmarks of LivePortrait's own detector, any unit -> opening ratios."""
    left = _ratio(landmarks, (6, 18), (0, 12))
    right = _ratio(landmarks, (30, 42), (24, 36))
    return Openings(eyes=torch.cat([left, right], dim=1), lip=_ratio(landmarks, (90, 102), (48, 66)))


def _ratio(landmarks: Tensor, height: tuple[int, int], width: tuple[int, int]) -> Tensor:
    """(T, 1) distance of one pair of points over that of another."""
    tall, wide = (
        torch.linalg.vector_norm(landmarks[:, first] - landmarks[:, second], dim=1, keepdim=True)
        for first, second in (height, width)
    )
    ratio: Tensor = tall / (wide + EPSILON)
    return ratio


def stitching_offsets(network: nn.Module, source: Tensor, driven: Tensor) -> Tensor:
    """source (1, K, 3) and driven (T, K, 3) keypoints -> (T, 3K + 2): an offset per keypoint, then one common x, y."""
    repeated = source.expand_as(driven)
    offsets: Tensor = network(torch.cat([repeated.flatten(1), driven.flatten(1)], dim=1))
    return offsets


def stitch(network: nn.Module, source: Tensor, driven: Tensor) -> Tensor:
    """Move driven keypoints (T, K, 3) so that the shoulders of the source (1, K, 3) stay where they are."""
    offsets = stitching_offsets(network, source, driven)
    per_point = offsets[:, :-2].reshape(driven.shape)
    common = functional.pad(offsets[:, None, -2:], (0, 1))  # (T, 1, 3), z stays
    return driven + per_point + common


def retarget(network: nn.Module, source: Tensor, ratios: Tensor) -> Tensor:
    """Offsets that open or close eyes or lips.

    Args:
        network: `Retargeting.eye` or `Retargeting.lip`.
        source: (1, K, 3) source keypoints.
        ratios: (T, 3) left and right eye of the source and the wanted ratio; or (T, 2) lip of the source and wanted.

    Returns:
        (T, K, 3) to be added to keypoints.
    """
    repeated = source.flatten(1).expand(len(ratios), -1)
    offsets: Tensor = network(torch.cat([repeated, ratios], dim=1))
    return offsets.reshape(-1, *source.shape[1:])
