"""SFD in evalkit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from baselines._shared.native.load import ready
from baselines._shared.native.method import NativeMethod, Render, check_sources
from baselines._shared.native.pictures import to_frames
from baselines.sfd.checkpoints import SfdCheckpoints
from baselines.sfd.faces import Windows, windows_of
from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from baselines.sfd.weights import load_model
from baselines.sfd.window import Window
from evalkit.clips import video
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion

CHECKPOINTS = SfdCheckpoints()


@dataclass(frozen=True)
class SfdAnimator:
    """Images are [-1, 1] inside. The source comes at the protocol's size, and so do the generated frames.

    Attributes:
        model: in evaluation mode.
        windows: where it works in the source; None for whole frames. Driving frames come cut.
    """

    model: SFD
    windows: Windows | None = None

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`; relative motion is added to the source's motion descriptor."""
        picture = sources * 2 - 1  # (1, 3, m, m)
        window = self._window(sources)
        seen = picture if window is None else picture[:, :, *window.slices]
        source = self.model.describe(resized(seen, self.model.shape.size))
        start = None if initial is None else self.model.describe(initial * 2 - 1).motion

        def render(frames: Tensor) -> Tensor:
            motion = self.model.describe(frames * 2 - 1).motion  # (B, N)
            if start is not None:
                motion = source.motion + motion - start
            return (self.model.generate(source, motion, picture, window) + 1) / 2

        return render

    def _window(self, sources: Tensor) -> Window | None:
        if self.windows is None:
            return None
        size = sources.shape[-1]
        return self.windows.of_frames([video.to_uint8(to_frames(sources, size))], size)


@dataclass(frozen=True)
class CutDriving:
    """The driving frames, cut to a window; as often as it is asked for them."""

    driving: Driving
    window: Window

    def __iter__(self) -> Iterator[Frames]:
        """Chunks of (t, side, side, 3)."""
        return (self.window.cut(chunk) for chunk in self.driving)


class WindowMethod:
    """Sees the driving clip in a window around the face.

    Args:
        method: for what is in the window.
        windows: where it is. Where no face is found the whole frame is one.
    """

    def __init__(self, method: NativeMethod, windows: Windows) -> None:
        self._method = method
        self._windows = windows

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames; see `evalkit.method.interface.Method`."""
        check_sources(sources, 1)
        window = self._windows.of_frames(driving, sources.shape[1])
        yield from self._method.animate(sources, CutDriving(driving, window), motion)


def resized(images: Tensor, size: int) -> Tensor:
    """(B, 3, m, m) in [-1, 1] -> (B, 3, size, size): bicubic, antialiased when shrinking, as frames are resized."""
    if images.shape[-1] == size:
        return images
    shrunk = functional.interpolate(images, size=(size, size), mode="bicubic", antialias=True, align_corners=False)
    return shrunk.clamp(-1, 1)


def build(config: MethodConfig) -> NativeMethod | WindowMethod:
    """The model in the checkpoint, of whatever size it is."""
    model = ready(_model(config), config)
    windows = windows_of(model.shape) if model.shape.window else None
    method = NativeMethod(SfdAnimator(model, windows), config, size=model.shape.size, full_size_sources=True)
    return WindowMethod(method, windows) if windows else method


def _model(config: MethodConfig) -> SFD:
    if not config.random_weights:
        return load_model(config.checkpoint or CHECKPOINTS.default(config))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = SFD(Shape())
        model.start_still(mask=2.0)
        return model
