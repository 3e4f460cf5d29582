"""The animator of fomm, tpsm, osfs, dagan, fnevr and g3fa, and how most of them are built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints, relative_motion
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
        read = self.read_driving or self.method.read_motion
        move: Callable[[Keypoints], Keypoints] | None = None
        if initial is not None:
            move = relative_motion(source.keypoints, self.method.read_motion(source, initial), self.adapt_scale)

        def render(frames: Tensor) -> Tensor:
            driving = read(source, frames)
            return self.method.render(source, move(driving) if move else driving)

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
