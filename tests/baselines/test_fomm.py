from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines._shared.motion.keypoints import Keypoints, movement_scale, relative_motion
from baselines._shared.native.motion_field import MotionAnimator
from baselines.fomm.model import VOX_256, Fomm
from tests.parity.compare import load_fixture, main, run
from tests.parity.methods.fomm import build


@pytest.fixture
def folder(shared):
    return shared / "parity" / "fixtures" / "fomm"


def test_all_outputs_are_within_tolerance(folder):
    results = run("fomm", load_fixture(folder))
    assert len(results) == 26
    assert [result.line() for result in results if not result.ok] == []


def test_a_damaged_weight_is_noticed(damaged, capsys):
    folder = damaged("fomm", "generator.bottleneck.r0.conv1.weight")
    assert main(["fomm", str(folder)]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines["abs_prediction"]
    assert "FAIL" not in lines["abs_deformation"]


def test_full_size_has_the_official_keys(check_keys):
    with torch.device("meta"):
        model = Fomm(VOX_256)
    check_keys("fomm", {"generator": model.generator, "kp_detector": model.kp_detector})


def test_batch_equals_frames_one_by_one(folder, check_batching):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_batching(model, fixture.tensor("source"), fixture.tensor("driving"))


def test_the_animator_gives_what_the_fixture_stores(folder, check_animator):
    fixture = load_fixture(folder)
    model, _ = build(fixture)
    check_animator(fixture, lambda scaled: MotionAnimator(model, scaled))


def test_without_occlusion_jacobians_and_downscale():
    generator = dataclasses.replace(
        VOX_256.generator,
        block_expansion=4,
        max_features=8,
        num_bottleneck_blocks=1,
        estimate_occlusion_map=False,
        dense_motion_params=dataclasses.replace(
            VOX_256.generator.dense_motion_params, block_expansion=4, max_features=8, num_blocks=2, scale_factor=1
        ),
    )
    detector = dataclasses.replace(
        VOX_256.kp_detector, block_expansion=4, max_features=8, num_blocks=2, scale_factor=1, estimate_jacobian=False
    )
    model = Fomm(dataclasses.replace(VOX_256, generator=generator, kp_detector=detector)).eval()
    keys = model.state_dict().keys()
    assert not [key for key in keys if "down.weight" in key or "occlusion" in key or "jacobian" in key]
    with torch.no_grad():
        driving = torch.rand(2, 3, 32, 32)
        frames = MotionAnimator(model, adapt_scale=False).begin(torch.rand(1, 3, 32, 32), driving[:1])(driving)
    assert frames.shape == (2, 3, 32, 32)


def square(side: float) -> Keypoints:
    corners = torch.tensor([[0.0, 0.0], [side, 0.0], [0.0, side], [side, side], [side / 2, side / 2]])
    return Keypoints(corners[None], torch.eye(2).expand(1, 5, 2, 2))


def test_movement_scale_is_the_ratio_of_the_sides():
    assert movement_scale(square(1.0), square(0.5)) == pytest.approx(2.0)


def test_relative_motion_moves_the_source_points():
    driving = Keypoints(square(0.5).value + 0.25, 2 * torch.eye(2).expand(1, 5, 2, 2))
    moved = relative_motion(square(1.0), square(0.5), adapt_scale=True)(driving)
    torch.testing.assert_close(moved.value, square(1.0).value + 0.5)  # shift 0.25, scale 2
    torch.testing.assert_close(moved.jacobian, 2 * torch.eye(2).expand(1, 5, 2, 2))


def test_coinciding_keypoints_have_no_scale():
    with pytest.raises(ValueError, match="no convex hull"):
        movement_scale(Keypoints(torch.zeros(1, 5, 2)), square(1.0))
