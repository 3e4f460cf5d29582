"""The MobileNet of 3DDFA_V2 at half width, and the 3-D face its 62 numbers stand for.

Source: Guo et al., "Towards Fast, Accurate and Stable 3D Dense Face Alignment", ECCV 2020; state-dict keys of
`cleardusk/3DDFA_V2` `mb05_120x120.pth` (entry `state_dict`, names begin with `module.`); MobileNet:
Howard et al., 2017.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from evalkit.types import Values

PARAMETERS, SHAPE, EXPRESSION, POINTS, SIZE = 62, 40, 10, 68, 120

_BLOCKS = (
    ("dw2_1", 32, 64, 1),
    ("dw2_2", 64, 128, 2),
    ("dw3_1", 128, 128, 1),
    ("dw3_2", 128, 256, 2),
    ("dw4_1", 256, 256, 1),
    ("dw4_2", 256, 512, 2),
    *((f"dw5_{i}", 512, 512, 1) for i in range(1, 6)),
    ("dw5_6", 512, 1024, 2),
    ("dw6", 1024, 1024, 1),
)
"""(name, channels in, channels out, stride) at full width."""


class SeparableBlock(nn.Module):
    """A 3x3 convolution within each channel, then a 1x1 convolution across them."""

    def __init__(self, channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)
        self.bn_dw = nn.BatchNorm2d(channels)
        self.conv_sep = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn_sep = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        x = functional.relu(self.bn_dw(self.conv_dw(x)))
        return functional.relu(self.bn_sep(self.conv_sep(x)))


class ParameterRegressor(nn.Module):
    """Crop -> 62 whitened parameters. `fc_lm` is in the checkpoint and takes no part."""

    def __init__(self, width: float = 0.5) -> None:
        super().__init__()
        channels = int(32 * width)
        self.conv1 = nn.Conv2d(3, channels, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        for name, before, after, stride in _BLOCKS:
            self.add_module(name, SeparableBlock(int(before * width), int(after * width), stride))
        self.fc_param = nn.Linear(int(1024 * width), PARAMETERS)
        self.fc_lm = nn.Linear(int(1024 * width), POINTS * 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, 120, 120) float32 BGR, (pixel - 127.5) / 128 -> (B, 62)."""
        x = functional.relu(self.bn1(self.conv1(x)))
        for name, *_ in _BLOCKS:
            x = self.get_submodule(name)(x)
        parameters: Tensor = self.fc_param(x.mean(dim=(2, 3)))
        return parameters


def regress(network: ParameterRegressor, blob: np.ndarray, bases: Mapping[str, np.ndarray]) -> Values:
    """(B, 62) parameters with mean and deviation put back, for network input (B, 3, 120, 120).

    Rows are run one by one: in batches they would differ by 1e-6.
    """
    with torch.inference_mode():
        whitened = np.concatenate([network(row[None]).numpy() for row in torch.from_numpy(blob)])
    return np.asarray(whitened * bases["param_std"] + bases["param_mean"], dtype=np.float64)


def split(parameters: Values) -> tuple[Values, Values, Values, Values]:
    """Scaled rotation (B, 3, 3), shift (B, 3), shape (B, 40) and expression (B, 10) of (B, 62) parameters."""
    camera = parameters[:, :12].reshape(-1, 3, 4)
    return camera[..., :3], camera[..., 3], parameters[:, 12 : 12 + SHAPE], parameters[:, 12 + SHAPE :]


def landmarks(parameters: Values, bases: Mapping[str, np.ndarray]) -> Values:
    """(B, 68, 3) iBUG landmarks in the frame of the crop, y up, for (B, 62) parameters."""
    turn, shift, shape, expression = split(parameters)
    # Einsum, not BLAS: equal rows must give equal bits whatever the number of rows.
    offsets = np.einsum("bk,nk->bn", shape, bases["w_shp_base"])
    offsets += np.einsum("bk,nk->bn", expression, bases["w_exp_base"])
    vertices = (bases["u_base"][:, 0] + offsets).reshape(-1, POINTS, 3)  # x, y, z of each point in turn
    return np.asarray(np.einsum("bnj,bij->bni", vertices, turn) + shift[:, None])


def rotation(turn: Values) -> Values:
    """(B, 3, 3) rotation of a scaled one: its first two rows at unit length, the third their product."""
    rows = turn[:, :2] / np.linalg.norm(turn[:, :2], axis=2, keepdims=True)
    return np.concatenate([rows, np.cross(rows[:, 0], rows[:, 1])[:, None]], axis=1)
