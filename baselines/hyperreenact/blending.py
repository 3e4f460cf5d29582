"""Appearance and pose together, and from them how the generator's kernels change.

Source: Bounareli et al., "HyperReenact" (ICCV 2023), section 3.2 and figure 3; the shared hypernetwork is that of
Alaluf et al., "HyperStyle" (CVPR 2022), section 3.3. State-dict keys are those of `hypernetwork.pt`, where every block
of the layers that share a hypernetwork repeats its four tensors; here they are stored once.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from baselines.hyperreenact.sizes import Sizes

CONVOLUTIONS = 4
"""Of a block: the first keeps 7 pixels, the others leave 5, 3 and 1."""


class Modulation(nn.Module):
    """Gamma and beta of a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_gamma = nn.Conv2d(channels, channels, 1)
        self.conv_beta = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, 7, 7) -> (B, C, 7, 7): gamma and the map multiplied as matrices over both axes, plus beta."""
        mixed: Tensor = self.conv_gamma(x) @ x + self.conv_beta(x)
        return mixed


class Blend(nn.Module):
    """Both maps, modulated and summed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spade_pose = Modulation(channels)
        self.spade_app = Modulation(channels)

    def forward(self, pose: Tensor, appearance: Tensor) -> Tensor:
        """Two (B, C, 7, 7) -> (B, C, 7, 7)."""
        both: Tensor = self.spade_pose(pose) + self.spade_app(appearance)
        return both


class SharedHypernetwork(nn.Module):
    """A vector to the change of kernels of a layer that has as many channels in as out.

    Args:
        channels: of the layer, and length of the vector.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.w1 = nn.Parameter(torch.randn(channels, channels) / 40)
        self.b1 = nn.Parameter(torch.randn(channels) / 40)
        self.w2 = nn.Parameter(torch.randn(channels, channels**2) / 40)
        self.b2 = nn.Parameter(torch.randn(channels**2) / 40)

    def forward(self, vectors: Tensor) -> Tensor:
        """(B, C) -> (B, C out, C in)."""
        hidden = (vectors @ self.w2 + self.b2).reshape(-1, self.channels, self.channels)
        return hidden @ self.w1 + self.b1


class Block(nn.Module):
    """The blended map to a vector.

    Args:
        sizes: of the networks.
        layer: whose kernels the vector is about.
    """

    def __init__(self, sizes: Sizes, layer: int) -> None:
        super().__init__()
        channels, (self.into, self.out) = sizes.blended, sizes.layers[layer]
        self.shares = self.into == self.out == sizes.widths.widest
        inner = sizes.inner[0 if self.shares else 1]
        widths = [channels, *[inner] * (CONVOLUTIONS - 1), channels]
        layers: list[nn.Module] = []
        for index in range(CONVOLUTIONS):
            layers += [nn.Conv2d(widths[index], widths[index + 1], 3, padding=0 if index else 1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*layers)
        if self.shares:
            self.linear = nn.Linear(channels, channels)
        else:
            self.output = nn.Conv2d(channels, self.into * self.out, 1)

    def forward(self, blended: Tensor) -> Tensor:
        """(B, C, 7, 7) -> a vector for the shared hypernetwork (B, C), or without one (B, out, in)."""
        x = self.convs(blended)
        if self.shares:
            vector: Tensor = self.linear(x.flatten(1))
            return vector
        change: Tensor = self.output(x).reshape(-1, self.out, self.into)
        return change


class Hypernetwork(nn.Module):
    """Appearance and pose to the change of all tuned layers.

    Args:
        sizes: of the networks.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.conv_transf = nn.Conv2d(sizes.pose[-1][0] * 4, sizes.blended, 1)
        self.blend_module = Blend(sizes.blended)
        self.shared_weight_hypernet = SharedHypernetwork(sizes.widths.widest)
        self.refinement_blocks = nn.ModuleDict({str(layer): Block(sizes, layer) for layer in sizes.tuned})

    def forward(self, pose: Tensor, appearance: Tensor) -> dict[int, Tensor]:
        """Maps of both encoders, (B, C, 7, 7) and (B or 1, C, 7, 7) -> layer -> (B, out, in).

        Vectors of all layers pass through the shared hypernetwork at once: its largest matrix is read once, not once
        for every layer.
        """
        blended = self.blend_module(self.conv_transf(pose), appearance)
        found = {layer: block(blended) for layer, block in self._blocks()}
        shared = [layer for layer, block in self._blocks() if block.shares]
        if shared:
            changes = self.shared_weight_hypernet(torch.cat([found[layer] for layer in shared]))
            found |= zip(shared, changes.split(len(pose)), strict=True)
        return found

    def _blocks(self) -> Iterator[tuple[int, Block]]:
        for name, block in self.refinement_blocks.items():
            assert isinstance(block, Block)
            yield int(name), block
