"""Return the driving frames unchanged."""

from collections.abc import Iterator

from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion


class CopyDriving:
    """Perfect motion, somebody else's identity."""

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[Frames]:
        """Yield the driving chunks themselves, whatever the motion mode."""
        yield from driving


def build(config: MethodConfig) -> CopyDriving:
    """There is nothing to configure."""
    return CopyDriving()
