"""I3D in windows of time: the answers of the whole clip, whatever its length, and how far a stage has to see."""

from dataclasses import replace

import pytest
import torch

from evalkit.extractors.i3d_network import I3D
from evalkit.extractors.i3d_stream import clip_logits, in_windows, stages
from evalkit.extractors.inference import exact_inference

WINDOWS = (16, 8, 4)
CHANNELS = {0: 3, 1: 480, 2: 832}
SIDES = {0: 32, 1: 2, 2: 2}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    built = I3D()
    for module in built.modules():
        if isinstance(module, torch.nn.Conv3d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return built.eval().requires_grad_(False)


def pieces(clip, size):
    return iter(clip.split(size, dim=2))


def answers(network, number, length, **changes):
    """A stage on a whole random clip and in windows, in float64, where rounding hides nothing."""
    stage = replace(stages(network.double(), WINDOWS)[number], **changes)
    clip = torch.randn(1, CHANNELS[number], length, SIDES[number], SIDES[number], dtype=torch.float64)
    with exact_inference():
        return stage.run(clip), torch.cat(list(in_windows(stage, pieces(clip, 5), length)), dim=2)


@pytest.mark.parametrize("length", range(41, 49))
@pytest.mark.parametrize("number", CHANNELS, ids=["stem", "middle", "top"])
def test_windows_answer_as_the_whole_clip_does_for_every_remainder(network, number, length):
    whole, joined = answers(network, number, length)
    assert whole.std() > 0.01
    torch.testing.assert_close(joined, whole, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("number", CHANNELS, ids=["stem", "middle", "top"])
def test_no_smaller_reach_would_do(network, number):
    stage = stages(network)[number]
    whole, joined = answers(network, number, 48, reach=stage.reach - stage.stride)
    assert (whole - joined).abs().max() > 1e-3


def test_the_pieces_a_clip_comes_in_change_no_bit(network):
    stage, clip = stages(network.float(), WINDOWS)[0], torch.rand(1, 3, 45, 32, 32)
    with exact_inference():
        found = [torch.cat(list(in_windows(stage, pieces(clip, size), 45)), dim=2) for size in (1, 7, 64)]
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


@pytest.mark.parametrize("length", [10, pytest.param(35, marks=pytest.mark.slow)])
def test_logits_are_those_of_the_whole_network(network, length):
    clip = torch.rand(1, 3, length, 224, 224) * 2 - 1
    with exact_inference():
        expected = network.float()(clip)
        found = clip_logits(network, length, pieces(clip, 16), (32, 8, 4))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6 * expected.abs().max().item())
