"""Guidance maps: pictures of a head with the source's shape and a driving frame's expression and pose.

Whatever makes them, it gives three for each driving frame, KINDS in this order.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalkit.method.interface import Driving

KINDS = ("depth", "normal", "render")
MapImages = NDArray[np.uint8]
"""(K, side, side, 3) uint8 RGB, the maps of one frame in the order of `KINDS`."""


class MakesMaps(Protocol):
    """A provider of guidance maps."""

    def maps(self, source: NDArray[np.uint8], driving: Driving, pair: str, side: int) -> Iterator[MapImages]:
        """The maps of every driving frame, in order, those of an anchor first.

        Args:
            source: (H, W, 3) RGB.
            driving: the driving frames.
            pair: id of the pair; empty when it is not known.
            side: of the maps, pixels.

        Raises `MethodError` where there are none to be had.
        """
        ...
