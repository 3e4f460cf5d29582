"""LPIPS v0.1 as an embedding: features whose squared Euclidean distance is the perceptual distance.

LPIPS of two pictures is the sum over stages of mean over positions of sum over channels of w_c (a_c - b_c)^2, where a
and b are channel vectors of length one. The learned weights w are never negative, so that is |f(a) - f(b)|^2 with
f = sqrt(w_c / (H W)) a_c, all stages in one row. Channels whose weight is exactly 0 are left out (after they counted
in the length): a third of AlexNet's features, and the value is the same.

Source: Zhang et al., CVPR 2018; package `lpips` 0.1.4 (scaling layer, epsilon 1e-10, heads `weights/v0.1`).
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from evalkit.errors import WeightsError
from evalkit.extractors.lpips_backbones import Backbone, alexnet, squeezenet, vgg16
from evalkit.extractors.torch_network import load_into, read_state

BACKBONES = {"alex": alexnet, "vgg": vgg16, "squeeze": squeezenet}
_EPSILON = 1e-10
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class LpipsEmbedding(nn.Module):
    """Backbone and the roots of the learned weights.

    Args:
        backbone: gives the stages.
        heads: one vector (C,) of weights >= 0 per stage.
    """

    def __init__(self, backbone: Backbone, heads: list[Tensor]) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("shift", torch.tensor(_SHIFT)[:, None, None], persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE)[:, None, None], persistent=False)
        for number, head in enumerate(heads):
            kept = head.nonzero().flatten()
            self.register_buffer(f"kept{number}", kept, persistent=False)
            self.register_buffer(f"root{number}", head[kept].sqrt(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) float32 in [-1, 1] -> rows (B, D) float32."""
        stages = self.backbone((x - self.get_buffer("shift")) / self.get_buffer("scale"))
        return torch.cat([self._row(number, stage) for number, stage in enumerate(stages)], 1)

    def _row(self, number: int, stage: Tensor) -> Tensor:
        vectors = stage.permute(0, 2, 3, 1)  # (B, H, W, C), without a copy as convolutions run channels-last
        length = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True) + _EPSILON
        positions = vectors.shape[1] * vectors.shape[2]
        kept = vectors.index_select(-1, self.get_buffer(f"kept{number}"))
        return kept.div_(length).mul_(self.get_buffer(f"root{number}") / positions**0.5).flatten(1)


def lpips_embedding(net: str, backbone: Path, head: Path, device: str = "cpu") -> LpipsEmbedding:
    """The network from a torchvision state dict (its classifier is ignored) and an `lpips` v0.1 head file.

    Args:
        net: "alex", "vgg" or "squeeze".
        backbone: state dict with keys `features.N...`.
        head: state dict with keys `linK.model.1.weight` (1, C, 1, 1).
        device: where it runs.

    Raises `WeightsError` for a file that does not fit.
    """
    layers = {name: value for name, value in read_state(backbone).items() if name.startswith("features.")}
    stack = load_into(BACKBONES[net](), layers, backbone)
    network = LpipsEmbedding(stack, heads(read_state(head), head)).eval()
    return network.to(memory_format=torch.channels_last).to(device)


def heads(state: Mapping[str, Tensor], path: Path) -> list[Tensor]:
    """The learned weights (C,) of every stage, from a state dict with keys `linK.model.1.weight`.

    Raises `WeightsError`, which names `path`, for other keys and for negative weights.
    """
    names = [f"lin{number}.model.1.weight" for number in range(len(state))]
    if set(names) != set(state):
        raise WeightsError(f"{path}: expected {names[0]} and so on, got {', '.join(state)}")
    learned = [state[name].float().flatten() for name in names]
    if any((head < 0).any() for head in learned):
        raise WeightsError(f"{path}: LPIPS weights are never negative, these are")
    return learned
