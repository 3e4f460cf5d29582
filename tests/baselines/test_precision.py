"""Layers in half precision, in networks of every kind: key points and thin-plate splines, 3DMM, StyleGAN blocks.

Pictures are small here, as CPUs without instructions for bf16 are very slow at it.
"""

import numpy as np
import pytest

from evalkit.method.interface import Driving
from evalkit.types import Frames
from tests.baselines.random_methods import Build, chosen, fitted, floats
from tests.baselines.tiny import TINY

SIZES = {**TINY, "lia": {"side": 16}}


@pytest.mark.parametrize("name", ["tpsm", "pirenderer", "lia"])
def test_half_precision_is_near(name: str, build: Build, faces: Frames, driving: Driving) -> None:
    source, short = fitted(faces[3:], chosen(driving, maximum=1), SIZES[name]["side"])
    exact = floats(build(name, sizes=SIZES), source, short)
    half = floats(build(name, sizes=SIZES, precision="bf16"), source, short)
    assert np.isfinite(half).all() and 0 < np.abs(exact - half).mean() < 0.02
