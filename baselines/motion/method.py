"""How a method of the family is driven: read the source once, read and render driving frames in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor

from baselines.motion.keypoints import Keypoints, transfer

E = TypeVar("E")


@dataclass(frozen=True)
class Source(Generic[E]):
    """A source image as a method sees it.

    Attributes:
        keypoints: (1, K, D).
        encoding: whatever else depends on the source only.
    """

    keypoints: Keypoints
    encoding: E


class MotionMethod(Protocol):
    """What `animate` needs; images are (N, 3, H, W) float32 RGB in [0, 1]."""

    def read_source(self, image: Tensor) -> Source[Any]:
        """Encode the one source image."""

    def read_motion(self, source: Source[Any], frames: Tensor) -> Keypoints:
        """Keypoints of N driving frames."""

    def render(self, source: Source[Any], driving: Keypoints) -> Tensor:
        """N generated frames for keypoints from `transfer`."""


def animate(
    method: MotionMethod,
    source_image: Tensor,
    driving: Iterable[Tensor],
    *,
    relative: bool,
    adapt_scale: bool = False,
) -> Iterator[Tensor]:
    """Generate frames batch by batch; the first driving frame is the initial one of relative motion.

    Args:
        method: networks in eval mode.
        source_image: (1, 3, H, W) in [0, 1].
        driving: batches (N, 3, H, W) in [0, 1], in order.
        relative: relative or absolute motion.
        adapt_scale: scale relative motion by the spread of the keypoints.

    Yields:
        (N, 3, H, W) in [0, 1] for each batch.
    """
    source = method.read_source(source_image)
    initial: Keypoints | None = None
    for frames in driving:
        keypoints = method.read_motion(source, frames)
        initial = initial or keypoints[:1]
        moved = transfer(source.keypoints, keypoints, initial, relative=relative, adapt_scale=adapt_scale)
        yield method.render(source, moved)
