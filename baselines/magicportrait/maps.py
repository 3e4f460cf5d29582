"""Guidance maps: pictures of a head with the source's shape and a driving frame's expression and pose.

Whatever makes them, it gives three for each driving frame, KINDS in this order.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.interface import Driving

KINDS = ("depth", "normal", "render")
MapImages = NDArray[np.uint8]
"""(K, side, side, 3) uint8 RGB, the maps of one frame in the order of `KINDS`."""


def selected_rows(path: Path, count: int, driving: Driving, what: str) -> list[int]:
    """Which of `count` rows at `path`, one for each frame of the clip or for each selected one, the selected ones are.

    Raises `MethodError` when there are neither as many as frames nor as many as selected ones; `what` names the rows.
    """
    whole = video.count_frames(driving.path)
    selected = driving.selection.indices(whole)
    if count not in (whole, len(selected)):
        told = f" or {len(selected)}, one for each frame the protocol selects" if len(selected) != whole else ""
        raise MethodError(
            f"{path}: holds {count} {what}, and {driving.path.name} has {whole} frames. Give {whole}{told}."
        )
    return selected if count == whole else list(range(len(selected)))


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
