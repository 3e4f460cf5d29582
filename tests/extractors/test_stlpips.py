"""ST-LPIPS: the numbers of the package stlpips-pytorch, and what tolerance to shifts means."""

import numpy as np
import pytest
import torch

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.stlpips_network import stlpips_embedding
from evalkit.metrics.lpips import lpips as distance
from tests.formula import pictures

OFFICIAL = {"alex": [0.0162920188, 0.0125791598], "vgg": [0.0356080644, 0.0482130535]}
"""`LPIPS(net, variant="shift_tolerant")` of stlpips-pytorch 0.0.2, torch 2.15, for the pictures of `pair`."""


@pytest.fixture(scope="module")
def pair():
    """Two pictures and two others: another one, and the second moved by a pixel."""
    one = pictures(2, 96, 128, 3, offset=3)
    return one, np.stack([pictures(96, 128, 3, offset=11), np.roll(one[1], 1, axis=1)])


@pytest.fixture(scope="module", params=OFFICIAL)
def net(request):
    return request.param, EXTRACTORS[f"stlpips_{request.param}"].load()


def test_the_numbers_are_those_of_the_package(net, pair):
    name, extract = net
    one, other = (extract(frames, {})["features"] for frames in pair)
    np.testing.assert_allclose(distance(one, other), OFFICIAL[name], rtol=1e-5)
    assert distance(one, one).tolist() == [0, 0]


def test_a_shift_of_a_pixel_costs_less_than_noise(net):
    rows, columns = np.mgrid[:64, :72]
    scene = 128 + 90 * np.sin(rows / 5)[..., None] * np.cos(columns / [[[7]], [[5]], [[9]]]).transpose(1, 2, 0)
    noisy = scene[:, 1:-1] + np.random.default_rng(0).normal(0, 16, (64, 70, 3))
    frames = np.stack([scene[:, 1:-1], scene[:, :-2], noisy]).clip(0, 255).astype(np.uint8)
    features = net[1](frames, {})["features"]
    shifted, damaged = distance(features[1:], np.repeat(features[:1], 2, axis=0))
    assert 0 < shifted < damaged / 4


def test_a_file_that_is_not_of_st_lpips_is_refused(tmp_path):
    state = torch.load(weights.locate("stlpips-alex"), map_location="cpu", weights_only=True)
    torch.save(state | {"scaling_layer.shift": torch.zeros(1, 3, 1, 1)}, tmp_path / "scaled.pth")
    torch.save({key: value for key, value in state.items() if "slice3" not in key}, tmp_path / "less.pth")
    for name, reason in (("scaled", "the shift of LPIPS v0.1"), ("less", "does not fit Backbone")):
        with pytest.raises(WeightsError, match=reason):
            stlpips_embedding("alex", tmp_path / f"{name}.pth")
