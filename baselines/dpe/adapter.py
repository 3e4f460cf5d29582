"""DPE in evalkit."""

from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.networks import Networks, Part
from baselines._shared.stylegan.encoder import FULL, Widths
from baselines.dpe.model import DPE, Face
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

SIZE = 256
STYLE = 512


class Entry(nn.Module):
    """The generator under the name it has in official files."""

    def __init__(self, side: int = SIZE, style_dim: int = STYLE, widths: Widths = FULL) -> None:
        super().__init__()
        self.gen = DPE(side, style_dim, widths=widths)


NETWORKS = Networks(
    method="dpe",
    variants={"dpe": Entry},
    parts=(Part("gen", "gen"),),
    files=("dpe.pt",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


@dataclass(frozen=True)
class DpeAnimator:
    """Images are [-1, 1] inside."""

    model: DPE
    face: Face

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`. Raises `MethodError` for relative motion, which DPE does not have."""
        if initial is not None:
            raise MethodError("dpe has no relative motion.")
        source = self.model.encode(sources * 2 - 1)

        def render(frames: Tensor) -> Tensor:
            images = self.model.animate(source, self.model.motion(frames * 2 - 1), self.face)
            return (images + 1) / 2

        return render


def build(config: MethodConfig, side: int = SIZE, style_dim: int = STYLE, widths: Widths = FULL) -> NativeMethod:
    """The generator, and which part of the driving face it takes over. Other sizes are for random weights."""
    model = load(NETWORKS, config, lambda: Entry(side, style_dim, widths)).gen
    return NativeMethod(DpeAnimator(model, cast(Face, config.options["face"])), config, size=side)
