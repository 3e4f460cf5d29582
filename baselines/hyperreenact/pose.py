"""What a driving frame does: feature maps of the encoder of DECA, which reads a FLAME face off a crop.

Source: Feng et al., "Learning an Animatable Detailed 3D Face Model from In-The-Wild Images" (DECA, SIGGRAPH 2021),
section 4.1; the ResNet is v1.5. State-dict keys are those of `deca_model.tar` (entry `E_flame`).
"""

import torch
from torch import Tensor, nn

from baselines.hyperreenact.sizes import Sizes
from evalkit.extractors.deep3d.network import EXPANSION, stage

PARAMETERS = 236
"""Numbers of a face: shape, texture, expression, pose, camera, light."""


class Trunk(nn.Module):
    """A ResNet up to its last maps."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        first = sizes.pose[0][0]
        self.conv1 = nn.Conv2d(3, first, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = first
        for index, (width, depth) in enumerate(sizes.pose, start=1):
            self.add_module(f"layer{index}", stage(channels, width, depth, stride=1 if index == 1 else 2))
            channels = width * EXPANSION
        self.stages = len(sizes.pose)

    def forward(self, crops: Tensor) -> Tensor:
        """(B, 3, 224, 224) -> (B, C, 7, 7)."""
        x: Tensor = self.maxpool(torch.relu(self.bn1(self.conv1(crops))))
        for index in range(1, self.stages + 1):
            x = self.get_submodule(f"layer{index}")(x)
        return x


class PoseEncoder(nn.Module):
    """DECA's encoder, of which the maps before its numbers are used."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.encoder = Trunk(sizes)
        features = sizes.pose[-1][0] * EXPANSION
        self.layers = nn.Sequential(
            nn.Linear(features, sizes.regressor), nn.ReLU(), nn.Linear(sizes.regressor, PARAMETERS)
        )

    def forward(self, crops: Tensor) -> Tensor:
        """(B, 3, 224, 224) in [0, 1] -> (B, C, 7, 7)."""
        maps: Tensor = self.encoder(crops)
        return maps

    def parameters_of(self, maps: Tensor) -> Tensor:
        """(B, C, 7, 7) -> (B, 236) numbers of the face; HyperReenact does not use them."""
        numbers: Tensor = self.layers(maps.mean(dim=(2, 3)))
        return numbers
