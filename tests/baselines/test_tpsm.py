from __future__ import annotations

import dataclasses

import pytest
import torch

from baselines._shared.motion.field import coordinate_grid
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.native.motion_field import MotionAnimator
from baselines.tpsm.adapter import BackgroundAnimator, avd_animator
from baselines.tpsm.dense_motion import RIDGE, background_motion, radial, tps_motions
from baselines.tpsm.model import VOX_256, Tpsm
from evalkit.errors import MethodError
from tests.parity.compare import compare, load_fixture, main, run
from tests.parity.methods.tpsm import build as build_fixture


@pytest.fixture
def folder(shared):
    return shared / "parity" / "fixtures" / "tpsm"


def test_all_outputs_are_within_tolerance(folder):
    results = run("tpsm", load_fixture(folder))
    assert len(results) == 34
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "wrong", "right"),
    [
        ("dense_motion_network.occlusion.3.bias", "abs_occlusion_map_3", "abs_deformed"),
        ("avd_network.decoder.9.bias", "avd_kp", "abs_prediction"),
        ("bg_predictor.bg_encoder.fc.bias", "bg_param", "rel_prediction"),
    ],
)
def test_a_damaged_weight_is_noticed(damaged, capsys, key, wrong, right):
    assert main(["tpsm", str(damaged("tpsm", key))]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines[wrong]
    assert "FAIL" not in lines[right]


def test_full_size_has_the_official_keys(check_keys):
    with torch.device("meta"):
        model = Tpsm(VOX_256)
    check_keys("tpsm", dict(model.named_children()))


@pytest.mark.slow
def test_batch_equals_frames_one_by_one(folder, check_batching):
    fixture = load_fixture(folder)
    check_batching(build_fixture(fixture), fixture.tensor("source"), fixture.tensor("driving"))


def test_the_animators_give_what_the_fixture_stores(folder, check_animator):
    fixture = load_fixture(folder)
    model = build_fixture(fixture)
    check_animator(fixture, lambda scaled: MotionAnimator(model, scaled), {"abs": (False, False), "rel": (True, True)})
    check_animator(fixture, lambda scaled: avd_animator(model, scaled), {"avd": (False, False)})


def test_a_background_that_moves_is_an_option(folder, build):
    fixture = load_fixture(folder)
    model = build_fixture(fixture)
    source, driving = fixture.tensor("source"), fixture.tensor("driving")
    with torch.no_grad():
        frames = BackgroundAnimator(model).begin(source, None)(driving)
    assert compare("bg_prediction", frames.numpy(), fixture.io["bg_prediction"], fixture.config["tolerance"]).ok
    with pytest.raises(MethodError, match="background=predicted has no relative motion"):
        BackgroundAnimator(model).begin(source, driving[:1])
    with pytest.raises(MethodError, match="mode=avd leaves the background where it is"):
        build("tpsm", "mode=avd", "background=predicted")
    assert isinstance(build("tpsm", "background=predicted")._animator, BackgroundAnimator)


POINTS = torch.tensor([[[-0.5, -0.5], [0.5, -0.5], [0.0, 0.1], [-0.5, 0.5], [0.5, 0.6]]], dtype=torch.float64)


def test_a_spline_solves_its_regularised_system():
    moved = POINTS + torch.tensor([[0.1, 0.0], [0.0, 0.2], [0.0, 0.0], [-0.1, 0.0], [0.0, 0.1]])
    size = (5, 7)
    motion = tps_motions(Keypoints(moved), Keypoints(POINTS), size)[0, 0]
    system = torch.zeros(8, 8, dtype=torch.float64)
    for i, p in enumerate(POINTS[0]):
        for j, q in enumerate(POINTS[0]):
            system[i, j] = radial(((p - q) ** 2).sum())
        system[i, 5:] = system[5:, i] = torch.tensor([p[0], p[1], 1.0])
    right = torch.cat([moved[0], torch.zeros(3, 2, dtype=torch.float64)])
    solution = torch.linalg.inv(system + RIDGE * torch.eye(8)) @ right
    row, column = 3, 5
    z = torch.tensor([-1 + 2 * column / 6, -1 + 2 * row / 4], dtype=torch.float64)
    expected = z[0] * solution[5] + z[1] * solution[6] + solution[7]
    for i, p in enumerate(POINTS[0]):
        expected = expected + solution[i] * radial(((z - p) ** 2).sum())
    torch.testing.assert_close(motion[row, column], expected)


def test_the_background_is_a_homography():
    identity = torch.eye(3)[None]
    torch.testing.assert_close(background_motion((4, 6), identity)[0, 0], coordinate_grid((4, 6), identity))
    halved = torch.diag(torch.tensor([1.0, 1.0, 2.0]))[None]
    torch.testing.assert_close(background_motion((4, 6), halved)[0, 0], coordinate_grid((4, 6), identity) / 2)


def test_one_mask_serves_every_size():
    config = dataclasses.replace(
        VOX_256,
        inpainting_network=dataclasses.replace(
            VOX_256.inpainting_network, block_expansion=4, max_features=8, multi_mask=False
        ),
        dense_motion_network=dataclasses.replace(
            VOX_256.dense_motion_network, block_expansion=4, max_features=8, num_blocks=2, multi_mask=False
        ),
    )
    model = Tpsm(config).eval()
    with torch.no_grad():
        source = model.read_source(torch.rand(1, 3, 64, 64))
        motion, inpainted = model.generate(source, model.read_motion(source, torch.rand(2, 3, 64, 64)))
    assert [tuple(mask.shape) for mask in motion.occlusion] == [(2, 1, 16, 16)]
    assert inpainted.prediction.shape == (2, 3, 64, 64)
