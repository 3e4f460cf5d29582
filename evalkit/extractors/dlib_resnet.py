"""dlib's face-recognition ResNet in PyTorch: the same layers and weights, several times faster than dlib's own loops.

29 convolutions in five levels of residual blocks; every convolution is followed by a scale and shift per channel, which
is folded into it. A block that halves the picture pools the short cut by two and fills the channels, rows and columns
that one side does not have with zeros. Source: dlib `examples/dnn_face_recognition_ex.cpp` (`anet_type`) and its
`add_prev_` layer; pixels enter as (x - mean) / 256.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evalkit.errors import WeightsError
from evalkit.extractors.dlib_file import Layer, read_layers

SIDE, DIMENSIONS = 150, 128
_MEAN = (122.782, 117.001, 104.298)
_LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""(channels, blocks, whether the first block halves the picture)."""


class Block(nn.Module):
    """Two 3x3 convolutions beside a short cut; `halve` makes the first one stride 2 without padding."""

    def __init__(self, inputs: int, outputs: int, halve: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=2 if halve else 1, padding=0 if halve else 1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.halve = halve

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H', W')."""
        y = self.second(F.relu(self.first(x)))
        return F.relu(_padded_sum(y, F.avg_pool2d(x, 2) if self.halve else x))


class FaceResNet(nn.Module):
    """The network up to its embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = nn.Conv2d(3, _LEVELS[0][0], 7, stride=2)
        blocks, inputs = [], _LEVELS[0][0]
        for outputs, count, halve in _LEVELS:
            for number in range(count):
                blocks.append(Block(inputs, outputs, halve and number == 0))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.end = nn.Linear(inputs, DIMENSIONS, bias=False)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Chips (B, 3, 150, 150) float32 RGB, 0..255 -> embeddings (B, 128)."""
        x = F.relu(self.begin((x - self.get_buffer("mean")) / 256))
        x = self.blocks(F.max_pool2d(x, 3, stride=2))
        embedding: Tensor = self.end(x.mean(dim=(2, 3)))
        return embedding

    def convolutions(self) -> Iterator[nn.Conv2d]:
        """All convolutions in the order they are applied."""
        return (module for module in self.modules() if isinstance(module, nn.Conv2d))


def face_resnet(path: Path) -> FaceResNet:
    """The network from dlib's file, in inference mode. Raises `WeightsError` for the file of another network."""
    network, layers = FaceResNet(), read_layers(path)
    convolutions = list(network.convolutions())
    expected = ["con_4", "affine_"] * len(convolutions) + ["fc_2"]
    if [layer.name for layer in layers] != expected:
        raise WeightsError(f"{path}: expected the {len(expected)} layers of dlib's face ResNet, found {len(layers)}.")
    try:
        for number, convolution in enumerate(convolutions):
            _fill(convolution, layers[2 * number], layers[2 * number + 1])
        weight = torch.from_numpy(layers[-1].weights).view(network.end.in_features, DIMENSIONS)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit dlib's face ResNet: {error}") from error
    network.end.weight.data = weight.T.contiguous()
    return network.eval().requires_grad_(False)


def _fill(convolution: nn.Conv2d, filters: Layer, affine: Layer) -> None:
    """Weights of a convolution, with the scale and shift that follow it folded in, in float64."""
    outputs = convolution.out_channels
    values, scales = (torch.from_numpy(layer.weights).double() for layer in (filters, affine))
    scale, shift = scales.view(2, outputs)
    weight, bias = values[:-outputs].view(convolution.weight.shape), values[-outputs:]
    convolution.weight.data = (weight * scale[:, None, None, None]).float()
    convolution.bias = nn.Parameter((bias * scale + shift).float())


def _padded_sum(one: Tensor, other: Tensor) -> Tensor:
    """Sum of (B, C, H, W), where missing entries at the end of a dimension count as zero."""
    sizes = [max(pair) for pair in zip(one.shape[1:], other.shape[1:], strict=True)]
    return _padded(one, sizes) + _padded(other, sizes)


def _padded(x: Tensor, sizes: list[int]) -> Tensor:
    missing = [size - have for size, have in zip(sizes, x.shape[1:], strict=True)]
    return F.pad(x, [pad for lacking in reversed(missing) for pad in (0, lacking)]) if any(missing) else x
