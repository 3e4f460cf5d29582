from __future__ import annotations

import pytest
import torch

from baselines._shared.native.motion_field import MotionAnimator
from baselines.fnevr.model import Fnevr
from baselines.g3fa.model import VOX_256
from tests.parity.compare import load_fixture, main, run
from tests.parity.methods.g3fa import build


@pytest.fixture
def folder(shared):
    return shared / "parity" / "fixtures" / "g3fa"


def test_all_outputs_are_within_tolerance(folder):
    results = run("g3fa", load_fixture(folder))
    assert len(results) == 26
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_a_damaged_weight_is_noticed(damaged, capsys):
    assert main(["g3fa", str(damaged("g3fa", "generator.decoder.final.0.weight"))]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines["abs_prediction"]
    assert "FAIL" not in lines["abs_volume_feature_first16ch"]


def test_full_size_has_the_official_keys(check_keys):
    with torch.device("meta"):
        model = Fnevr(VOX_256)
    check_keys("g3fa", dict(model.named_children()))


@pytest.mark.slow
def test_batch_equals_frames_one_by_one(folder, check_batching):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_batching(model, fixture.tensor("source"), fixture.tensor("driving"))


def test_the_animator_gives_what_the_fixture_stores(folder, check_animator):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_animator(fixture, lambda scaled: MotionAnimator(model, scaled))


def test_fnevr_weights_do_not_fit(shared, capsys):
    assert main(["g3fa", str(shared / "parity" / "fixtures" / "fnevr")]) == 2
    assert "mini_decoder" in capsys.readouterr().err
