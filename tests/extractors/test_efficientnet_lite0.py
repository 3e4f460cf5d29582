"""EfficientNet-Lite0: the features of the package that its weights come with."""

import numpy as np
import pytest
import torch

from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.efficientnet_lite0 import load_file
from tests.formula import pictures

PLACES = [113, 226, 455, 468, 930, 989]
OFFICIAL = [
    [3.84379, 1.89682, 4.4739, 1.08402, 1.08304, 1.36187],
    [4.82949, 2.00181, 1.9286, 2.43144, 3.98871, 1.52391],
]
SUMS = [188.03476, 89.20265]
"""`extract_features` of efficientnet-lite-pytorch 0.1.0 on (x - 127) / 128, averaged over positions, torch 2.15."""


@pytest.fixture(scope="module")
def extract():
    return EXTRACTORS["efficientnet_lite0"].load()


@pytest.fixture(scope="module")
def frames():
    """(2, 224, 224, 3): the network's own size, at which the resize changes nothing."""
    across, down = np.meshgrid(np.arange(224), np.arange(224))
    ramp = np.stack([across, down, (across + down) // 2], axis=-1).astype(np.uint8)
    return np.stack([pictures(224, 224, 3, offset=5), ramp])


def test_the_features_are_those_of_the_package(extract, frames):
    pool = extract(frames, {})["pool"]
    assert pool.shape == (2, 1280) and pool.dtype == np.float32
    np.testing.assert_allclose(pool[:, PLACES], OFFICIAL, atol=5e-5)
    np.testing.assert_allclose(pool.sum(axis=1), SUMS, rtol=1e-4)


def test_frames_of_other_sizes_are_resized_without_aliases(extract, frames):
    twice = frames.repeat(2, axis=1).repeat(2, axis=2)
    stripes = np.zeros((1, 448, 448, 3), np.uint8)
    stripes[:, ::2] = 255
    grey = np.full((1, 224, 224, 3), 127, np.uint8)
    near, of_stripes, of_grey = (extract(x, {})["pool"] for x in (twice[1:], stripes, grey))
    assert np.abs(near - extract(frames[1:], {})["pool"]).max() < 0.2
    assert np.abs(of_stripes - of_grey).mean() < 0.05 * extract(frames[:1], {})["pool"].mean()


def test_another_file_is_refused(tmp_path):
    torch.save({"_fc.bias": torch.zeros(1000)}, tmp_path / "less.pth")
    with pytest.raises(WeightsError, match="does not fit EfficientNetLite0"):
        load_file(tmp_path / "less.pth")
