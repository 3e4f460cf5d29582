"""How a grey head is lit where nothing else says it: from the camera, a little from above."""

import numpy as np

from baselines.magicportrait.raster import Floats

LIGHT = np.array([0.0, 0.4, 1.0]) / np.linalg.norm([0.0, 0.4, 1.0])
AMBIENT, ALBEDO = 0.25, 0.8


def lit(facing: Floats) -> Floats:
    """(..., 3) unit normals, x to the right, y up, z to the camera -> (...) grey in [0, 1]."""
    grey: Floats = ALBEDO * (AMBIENT + (1 - AMBIENT) * np.clip(facing @ LIGHT, 0, None))
    return grey
