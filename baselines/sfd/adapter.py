"""SFD in evalkit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from baselines.native.load import ready
from baselines.native.method import NativeMethod, Render, check_sources
from baselines.sfd.checkpoints import SfdCheckpoints
from baselines.sfd.faces import Windows, windows_of
from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from baselines.sfd.weights import load_model
from baselines.sfd.window import Window, paste, whole
from evalkit.adapter import Driving, MethodConfig
from evalkit.types import Frames, Motion

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


@dataclass(frozen=True)
class CutDriving:
    """The driving frames, cut to a window; as often as it is asked for them."""

    driving: Driving
    window: Window

    def __iter__(self) -> Iterator[Frames]:
        """Chunks of (t, side, side, 3)."""
        return (self.window.cut(chunk) for chunk in self.driving)


class WindowMethod:
    """Works in windows around the faces of source and driving clip and puts what it makes into the source.

    Args:
        method: for what is in the windows.
        windows: where they are. Where no face is found the whole frame is one.
    """

    def __init__(self, method: NativeMethod, windows: Windows) -> None:
        self._method = method
        self._windows = windows

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames; see `evalkit.adapter.Method`."""
        check_sources(sources, 1)
        size = sources.shape[1]
        at_source = self._windows.of_frames([sources], size)
        at_driving = self._windows.of_frames(driving, size)
        for made in self._method.animate(at_source.cut(sources), CutDriving(driving, at_driving), motion):
            yield made if at_source == whole(size) else paste(sources[0], at_source, made)


def resized(images: Tensor, size: int) -> Tensor:
    """(B, 3, m, m) in [-1, 1] -> (B, 3, size, size): bicubic, antialiased when shrinking, as frames are resized."""
    if images.shape[-1] == size:
        return images
    shrunk = functional.interpolate(images, size=(size, size), mode="bicubic", antialias=True, align_corners=False)
    return shrunk.clamp(-1, 1)


def build(config: MethodConfig) -> NativeMethod | WindowMethod:
    """The model in the checkpoint, of whatever size it is."""
    model = ready(_model(config), config)
    method = NativeMethod(SfdAnimator(model), config, size=model.shape.size, full_size_sources=True)
    return WindowMethod(method, windows_of(model.shape)) if model.shape.window else method


def _model(config: MethodConfig) -> SFD:
    if not config.random_weights:
        return load_model(config.checkpoint or CHECKPOINTS.default(config))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return SFD(Shape())
