"""Repeat the first source image for every driving frame."""

from collections.abc import Iterator

import numpy as np

from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion


class CopySource:
    """Perfect identity, no motion."""

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[Frames]:
        """Yield (t, H, W, 3) uint8 copies of `sources[0]`, whatever the motion mode."""
        for chunk in driving:
            yield np.repeat(sources[:1], len(chunk), axis=0)


def build(config: MethodConfig) -> CopySource:
    """There is nothing to configure."""
    return CopySource()
