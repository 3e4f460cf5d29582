"""OSFS against its parity fixtures (both generators)."""

from __future__ import annotations

import numpy as np

from baselines._shared.motion.keypoints import relative_motion
from baselines.osfs.detector import CanonicalDetectorConfig
from baselines.osfs.generator import VolumeGeneratorConfig
from baselines.osfs.head_pose import FreeView, HeadPose, HeadPoseConfig, degrees, rotation
from baselines.osfs.model import Osfs, OsfsConfig
from tests.parity import motion as shared
from tests.parity.fixture import Fixture

INPUTS = shared.INPUTS | {
    "unit_degrees",  # angles for the stored unit_rotation
    "unit_logits",  # logits for the stored unit_logit_degrees
    "fv_degrees_yaw_pitch_roll",  # angles of the free view, also in config.json
}

UNUSED_BY_ESTIMATOR = frozenset({"max_features", "feature_channel", "image_channel", "estimate_jacobian"})


def build(fixture: Fixture) -> tuple[Osfs, Osfs]:
    """The fixture's networks with align_corners off and on, same weights."""
    generator_class = fixture.module_config("generator").get("official_class", "")
    config = OsfsConfig(
        generator=shared.config_of(
            VolumeGeneratorConfig, fixture, "generator", ignored=frozenset({"estimate_jacobian"})
        ),
        kp_detector=shared.config_of(
            CanonicalDetectorConfig, fixture, "kp_detector", ignored=frozenset({"feature_channel"})
        ),
        he_estimator=shared.config_of(HeadPoseConfig, fixture, "he_estimator", ignored=UNUSED_BY_ESTIMATOR),
        decoder="spade" if "SPADE" in generator_class else "original",
    )
    return shared.both_alignments(fixture, lambda align_corners: Osfs(config, align_corners=align_corners))


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    model, aligned = build(fixture)
    image, frames = fixture.tensor("source"), fixture.tensor("driving")
    source = model.read_source(image)
    driving = model.read_motion(source, frames)
    view = shared.read_params(FreeView, fixture.config.get("free_view", {}))
    move = relative_motion(source.keypoints, driving[:1], adapt_scale=False)
    free = move(model.read_motion(source, frames, view))
    result = _pose_arrays("source", model.he_estimator(image)) | _pose_arrays("driving", model.he_estimator(frames))
    result |= _unit_arrays(fixture) | shared.scale_array(source.keypoints, driving)
    result |= shared.keypoint_arrays("kp_canonical", source.encoding.canonical)
    result |= shared.keypoint_arrays("kp_source", source.keypoints) | shared.keypoint_arrays("kp_driving", driving)
    result |= shared.keypoint_arrays("kp_driving_initial", driving[:1])
    for mode, keypoints in (shared.moved(source.keypoints, driving) | {"fv": free}).items():
        generated = model.generator(source.encoding.features, source.keypoints, keypoints)
        result |= shared.keypoint_arrays(f"{mode}_kp", keypoints) | shared.motion_arrays(mode, generated.motion)
        result |= shared.arrays(mode, {"prediction": generated.prediction})
        result |= shared.aligned_array(fixture, aligned, source, mode, keypoints)
    return result


def _pose_arrays(name: str, pose: HeadPose) -> dict[str, np.ndarray]:
    angles = pose.degrees()
    raw = {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll, "t": pose.translation, "exp": pose.expression}
    return (
        shared.arrays(f"he_{name}", raw)
        | shared.arrays("degree", {name: angles})
        | shared.arrays("rotation", {name: rotation(angles)})
    )


def _unit_arrays(fixture: Fixture) -> dict[str, np.ndarray]:
    angles, logits = fixture.tensor("unit_degrees"), fixture.tensor("unit_logits")
    return shared.arrays("unit", {"rotation": rotation(angles), "logit_degrees": degrees(logits)})
