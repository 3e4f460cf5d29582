"""PNG files for another program, which reads each once: written fast, and not made small."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_EFFORT = 1


def write_quickly(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 RGB."""
    Image.fromarray(image).save(path, format="PNG", compress_level=_EFFORT)
