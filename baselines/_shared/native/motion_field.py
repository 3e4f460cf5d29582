"""The animator of fomm, tpsm, osfs, dagan, fnevr and g3fa, and how most of them are built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints, transfer
from baselines._shared.motion.method import MotionMethod, Source
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.networks import Networks
from baselines._shared.native.options import flag
from evalkit.method.interface import MethodConfig


@dataclass(frozen=True)
class MotionAnimator:
    """Reads sparse motion, carries it over to the source, renders.

    Attributes:
        method: networks.
        adapt_scale: scale relative motion by the spread of the keypoints.
        read_driving: reads driving frames where that differs from `method.read_motion`, which reads the initial one.
    """

    method: MotionMethod
    adapt_scale: bool
    read_driving: Callable[[Source[Any], Tensor], Keypoints] | None = None

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`."""
        source = self.method.read_source(sources)
        start = None if initial is None else self.method.read_motion(source, initial)
        read = self.read_driving or self.method.read_motion

        def render(frames: Tensor) -> Tensor:
            driving = read(source, frames)
            relative = start is not None
            moved = transfer(
                source.keypoints, driving, start or driving, relative=relative, adapt_scale=self.adapt_scale
            )
            return self.method.render(source, moved)

        return render


def build_motion_method(
    networks: Networks, config: MethodConfig, make: Callable[[bool], nn.Module], size: int
) -> NativeMethod:
    """A method that reads source and driving frames alike.

    Args:
        networks: of the method.
        config: with the options `align_corners` and `adapt_scale`.
        make: builds a `MotionMethod` for a value of align_corners.
        size: side of its images, pixels.
    """
    align_corners = flag(config, "align_corners")
    method = cast(MotionMethod, load(networks, config, lambda: make(align_corners)))
    return NativeMethod(MotionAnimator(method, flag(config, "adapt_scale")), config, size=size)
