"""LIA in evalkit."""

from dataclasses import dataclass

from torch import Tensor, nn

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.networks import Networks, Part
from baselines._shared.stylegan.encoder import FULL, Widths
from baselines.lia.model import LIA
from evalkit.method.interface import MethodConfig

SIZE = 256
STYLE = 512


class Entry(nn.Module):
    """The generator under the name it has in official files."""

    def __init__(self, side: int = SIZE, style_dim: int = STYLE, widths: Widths = FULL) -> None:
        super().__init__()
        self.gen = LIA(side, style_dim, widths=widths)


NETWORKS = Networks(
    method="lia",
    variants={"lia": Entry},
    parts=(Part("gen", "gen"),),
    files=("vox.pt",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


@dataclass(frozen=True)
class LiaAnimator:
    """Images are [-1, 1] inside; relative motion starts at the initial frame's magnitudes."""

    model: LIA

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`."""
        source = self.model.encode_source(sources * 2 - 1)
        start = None if initial is None else self.model.motion(initial * 2 - 1)

        def render(frames: Tensor) -> Tensor:
            images = self.model.animate(source, self.model.motion(frames * 2 - 1), start)
            return (images + 1) / 2

        return render


def build(config: MethodConfig, side: int = SIZE, style_dim: int = STYLE, widths: Widths = FULL) -> NativeMethod:
    """The generator; it is the same for the vox, taichi and ted weights. Other sizes are for random weights."""
    return NativeMethod(
        LiaAnimator(load(NETWORKS, config, lambda: Entry(side, style_dim, widths)).gen), config, size=side
    )
