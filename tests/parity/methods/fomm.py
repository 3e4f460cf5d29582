"""FOMM against its parity fixture."""

from __future__ import annotations

import numpy as np

from baselines._shared.motion.detector import DetectorConfig
from baselines._shared.motion.generator import GeneratorConfig, deformed_image
from baselines.fomm.model import Fomm, FommConfig
from tests.parity import motion as shared
from tests.parity.fixture import Fixture

INPUTS = shared.INPUTS


def build(fixture: Fixture) -> tuple[Fomm, Fomm]:
    """The fixture's networks with align_corners off and on, same weights."""
    config = FommConfig(
        generator=shared.config_of(GeneratorConfig, fixture, "generator", ignored=frozenset({"estimate_jacobian"})),
        kp_detector=shared.config_of(DetectorConfig, fixture, "kp_detector"),
    )
    return shared.both_alignments(fixture, lambda align_corners: Fomm(config, align_corners=align_corners))


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    model, aligned = build(fixture)
    source = model.read_source(fixture.tensor("source"))
    driving = model.read_motion(source, fixture.tensor("driving"))
    result = shared.keypoint_arrays("kp_source", source.keypoints) | shared.keypoint_arrays("kp_driving", driving)
    for mode, keypoints in shared.moved(source.keypoints, driving).items():
        generated = model.generator(source.encoding, source.keypoints, keypoints)
        deformed = deformed_image(source.encoding.image, generated.motion, align_corners=False)
        result |= shared.keypoint_arrays(f"{mode}_kp", keypoints) | shared.motion_arrays(mode, generated.motion)
        result |= shared.arrays(mode, {"deformed": deformed, "prediction": generated.prediction})
        result |= shared.aligned_array(fixture, aligned, source, mode, keypoints)
    return result | shared.scale_array(source.keypoints, driving)
