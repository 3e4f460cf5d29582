from __future__ import annotations

import math

import pytest
import torch

from baselines._shared.native.motion_field import MotionAnimator
from baselines.fnevr.model import VOX_256, Fnevr
from baselines.fnevr.render import composite
from tests.parity.compare import load_fixture, main, run
from tests.parity.methods.fnevr import build


@pytest.fixture
def folder(shared):
    return shared / "parity" / "fixtures" / "fnevr"


def test_all_outputs_are_within_tolerance(folder):
    results = run("fnevr", load_fixture(folder))
    assert len(results) == 27
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "moves_prediction"),
    [
        ("generator.Render_model.nerf_module.layer3_1.bias", True),
        ("generator.Render_model.mini_decoder.2.conv.weight", False),
    ],
)
def test_a_damaged_weight_is_noticed(damaged, capsys, key, moves_prediction):
    assert main(["fnevr", str(damaged("fnevr", key))]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines["abs_mini_prediction"]
    assert ("FAIL" in lines["abs_prediction"]) == moves_prediction


def test_full_size_has_the_official_keys(check_keys):
    with torch.device("meta"):
        model = Fnevr(VOX_256)
    check_keys("fnevr", dict(model.named_children()))


@pytest.mark.slow
def test_batch_equals_frames_one_by_one(folder, check_batching):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_batching(model, fixture.tensor("source"), fixture.tensor("driving"))


def test_the_animator_gives_what_the_fixture_stores(folder, check_animator):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_animator(fixture, lambda scaled: MotionAnimator(model, scaled))


def test_compositing_counts_the_layer_itself_as_dimming():
    # two layers of density ln 2: weights (1/2)(1/2) and (1/4)(1/2); a negative density has no weight
    density = torch.tensor([math.log(2), math.log(2), -1.0]).view(1, 3, 1)
    colour = torch.tensor([4.0, 8.0, 100.0]).view(1, 3, 1)
    torch.testing.assert_close(composite(density, colour), torch.tensor([[1.0 + 1.0]]))
