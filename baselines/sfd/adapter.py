"""SFD in evalkit."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from baselines.native.load import ready
from baselines.native.method import NativeMethod, Render
from baselines.sfd.checkpoints import SfdCheckpoints
from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from baselines.sfd.weights import load_model
from evalkit.adapter import MethodConfig

CHECKPOINTS = SfdCheckpoints()


@dataclass(frozen=True)
class SfdAnimator:
    """Images are [-1, 1] inside. The source comes at the protocol's size, and so do the generated frames."""

    model: SFD

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`; relative motion is added to the source's motion descriptor."""
        picture = sources * 2 - 1  # (1, 3, m, m)
        source = self.model.describe(resized(picture, self.model.shape.size))
        start = None if initial is None else self.model.describe(initial * 2 - 1).motion

        def render(frames: Tensor) -> Tensor:
            motion = self.model.describe(frames * 2 - 1).motion  # (B, N)
            if start is not None:
                motion = source.motion + motion - start
            return (self.model.generate(source, motion, picture) + 1) / 2

        return render


def resized(images: Tensor, size: int) -> Tensor:
    """(B, 3, m, m) in [-1, 1] -> (B, 3, size, size): bicubic, antialiased when shrinking, as frames are resized."""
    if images.shape[-1] == size:
        return images
    shrunk = functional.interpolate(images, size=(size, size), mode="bicubic", antialias=True, align_corners=False)
    return shrunk.clamp(-1, 1)


def build(config: MethodConfig) -> NativeMethod:
    """The model in the checkpoint, of whatever size it is."""
    model = ready(_model(config), config)
    return NativeMethod(SfdAnimator(model), config, size=model.shape.size, full_size_sources=True)


def _model(config: MethodConfig) -> SFD:
    if not config.random_weights:
        return load_model(config.checkpoint or CHECKPOINTS.default(config))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return SFD(Shape())
