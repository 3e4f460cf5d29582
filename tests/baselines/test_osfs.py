from __future__ import annotations

import pytest
import torch

from baselines._shared.motion.keypoints import Keypoints
from baselines.osfs.adapter import animator
from baselines.osfs.detector import CanonicalDetector
from baselines.osfs.head_pose import FreeView, HeadPose, degrees, pose_keypoints, rotation
from baselines.osfs.model import VOX_256, VOX_256_BETA, VOX_256_SPADE, Osfs
from tests.parity.compare import load_fixture, main, run
from tests.parity.methods.osfs import build

BOTH = pytest.mark.parametrize("name", ["osfs", pytest.param("osfs_spade", marks=pytest.mark.slow)])


@BOTH
def test_all_outputs_are_within_tolerance(shared, name):
    results = run(name, load_fixture(shared / "parity" / "fixtures" / name))
    assert len(results) == 39
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "first_wrong"),
    [("generator.third.norm.weight", "abs_prediction"), ("he_estimator.fc_roll.bias", "he_source_yaw")],
)
def test_a_damaged_weight_is_noticed(damaged, capsys, key, first_wrong):
    assert main(["osfs", str(damaged("osfs", key))]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "FAIL" in lines[first_wrong]
    assert "FAIL" not in lines["he_source_roll"]
    assert "FAIL" not in lines["kp_canonical_value"]


@pytest.mark.parametrize(("name", "config"), [("osfs", VOX_256), ("osfs_spade", VOX_256_SPADE)])
def test_full_size_has_the_official_keys(check_keys, name, config):
    with torch.device("meta"):
        model = Osfs(config)
    check_keys(name, dict(model.named_children()))


def test_the_beta_detector_lacks_only_the_downscale():
    with torch.device("meta"):
        new, beta = CanonicalDetector(VOX_256.kp_detector), CanonicalDetector(VOX_256_BETA.kp_detector)
    assert new.state_dict().keys() - beta.state_dict().keys() == {"down.weight"}
    assert beta.state_dict().keys() <= new.state_dict().keys()


@BOTH
def test_batch_equals_frames_one_by_one(shared, check_batching, name):
    fixture = load_fixture(shared / "parity" / "fixtures" / name)
    model, _ = build(fixture)
    check_batching(model, fixture.tensor("source")[..., ::2, ::2], fixture.tensor("driving")[..., ::2, ::2])


@BOTH
def test_the_animator_gives_what_the_fixture_stores(shared, check_animator, name):
    fixture = load_fixture(shared / "parity" / "fixtures" / name)
    model, _ = build(fixture)
    check_animator(fixture, lambda scaled: animator(model, scaled, FreeView()))


def test_angles_come_from_the_expected_bin():
    logits = torch.full((2, 66), -100.0)
    logits[0, 33] = logits[1, 0] = logits[1, 65] = 100.0
    torch.testing.assert_close(degrees(logits), torch.tensor([0.0, 3 * 32.5 - 99]))


def test_pi_is_314_and_yaw_turns_about_y():
    turned = rotation(torch.tensor([[90.0, 0.0, 0.0]]))[0] @ torch.tensor([0.0, 0.0, 1.0])
    sin, cos = torch.tensor(1.57).sin(), torch.tensor(1.57).cos()
    torch.testing.assert_close(turned, torch.stack([sin, torch.tensor(0.0), cos]))


def test_free_view_replaces_only_the_given_angles():
    flat = torch.zeros(2, 66)
    pose = HeadPose(flat, flat, flat, torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), torch.full((2, 6), 0.5))
    kept = pose.degrees()
    torch.testing.assert_close(FreeView(pitch=0.0).apply(kept), kept * torch.tensor([1.0, 0.0, 1.0]))
    canonical = Keypoints(torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]))
    level = FreeView(yaw=0.0, pitch=0.0, roll=0.0)
    moved = pose_keypoints(canonical, pose, level)
    torch.testing.assert_close(moved.value[0], canonical.value[0] + torch.tensor([1.5, 2.5, 3.5]))
    torch.testing.assert_close(moved.value[1], canonical.value[0] + 0.5)
