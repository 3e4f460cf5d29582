"""Layers in half precision, in networks of every kind: key points and thin-plate splines, 3DMM, StyleGAN blocks.

They are small here, as CPUs without instructions for bf16 are very slow at it.
"""

from dataclasses import replace

import numpy as np
import pytest

from baselines.tpsm import adapter, model
from evalkit.adapter import Driving
from evalkit.types import Frames
from tests.baselines.random_methods import floats, random_methods, to_size


@pytest.fixture
def narrow_tpsm(monkeypatch: pytest.MonkeyPatch) -> None:
    full = model.VOX_256
    inpainting = replace(full.inpainting_network, block_expansion=16, max_features=128)
    motion = replace(full.dense_motion_network, block_expansion=16, max_features=256)
    narrow = replace(full, inpainting_network=inpainting, dense_motion_network=motion)
    monkeypatch.setattr(adapter, "VOX_256", narrow)


@pytest.mark.slow
@pytest.mark.usefixtures("narrow_tpsm")
@pytest.mark.parametrize(("name", "side"), [("tpsm", 128), ("pirenderer", 64), ("lia", 16)])
def test_half_precision_is_near(name: str, side: int, faces: Frames, driving: Driving) -> None:
    source, short = to_size(faces[3:], side), replace(driving, maximum=1, size=side)
    with random_methods(side) as build:
        exact = floats(build(name), source, short)
        half = floats(build(name, precision="bf16"), source, short)
    assert np.isfinite(half).all() and 0 < np.abs(exact - half).mean() < 0.02
