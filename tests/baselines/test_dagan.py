from __future__ import annotations

import pytest
import torch

from baselines._shared.native.motion_field import MotionAnimator
from baselines.dagan.depth import DepthDecoder, DepthEncoder
from baselines.dagan.generator import DepthAttention
from baselines.dagan.model import DEPTH_50, VOX_ADV_256, VOX_ADV_256_SPADE, Dagan
from tests.parity.compare import load_fixture, main, run
from tests.parity.methods.dagan import build

BOTH = pytest.mark.parametrize("name", ["dagan", pytest.param("dagan_spade", marks=pytest.mark.slow)])


@BOTH
def test_all_outputs_are_within_tolerance(shared, name):
    results = run(name, load_fixture(shared / "parity" / "fixtures" / name))
    assert len(results) == 30
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("dagan", "generator.AttnModule.gamma"),
        ("dagan", "depth_decoder.decoder.9.conv.conv.weight"),
        ("dagan_spade", "generator.decoder.up_0.conv_s.weight_u"),
    ],
)
def test_a_damaged_weight_is_noticed(damaged, capsys, name, key):
    assert main([name, str(damaged(name, key))]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines["abs_prediction"]
    assert ("FAIL" in lines["depth_source"]) == key.startswith("depth_decoder")


@pytest.mark.parametrize(("name", "config"), [("dagan", VOX_ADV_256), ("dagan_spade", VOX_ADV_256_SPADE)])
def test_full_size_has_the_official_keys(check_keys, name, config):
    with torch.device("meta"):
        model = Dagan(config)
    check_keys(name, dict(model.named_children()))


def test_the_larger_depth_network_has_the_official_keys(check_keys):
    encoder, decoder = DEPTH_50
    with torch.device("meta"):
        check_keys("dagan_depth50", {"depth_encoder": DepthEncoder(encoder), "depth_decoder": DepthDecoder(decoder)})


@BOTH
def test_batch_equals_frames_one_by_one(shared, check_batching, name):
    fixture = load_fixture(shared / "parity" / "fixtures" / name)
    model, _ = build(fixture)
    check_batching(model, fixture.tensor("source"), fixture.tensor("driving"))


@BOTH
def test_the_animator_gives_what_the_fixture_stores(shared, check_animator, name):
    fixture = load_fixture(shared / "parity" / "fixtures" / name)
    model, _ = build(fixture)
    check_animator(fixture, lambda scaled: MotionAnimator(model, scaled))


def test_attention_without_gamma_changes_nothing():
    attention = DepthAttention(16)
    depth, warped = torch.rand(1, 16, 3, 4), torch.rand(2, 16, 3, 4)
    with torch.no_grad():
        weights = attention.weights(depth, warped)
        torch.testing.assert_close(attention(depth, warped), warped, atol=0, rtol=0)
    assert weights.shape == (2, 12, 12)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 12))
