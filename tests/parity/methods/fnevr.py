"""FNeVR against its parity fixture; G3FA's check calls the same functions without the auxiliary decoder."""

from __future__ import annotations

import numpy as np

from baselines._shared.motion.detector import DetectorConfig
from baselines._shared.motion.generator import deformed_image
from baselines.fnevr.model import Fnevr, FnevrConfig, RenderingGeneratorConfig
from tests.parity import motion as shared
from tests.parity.fixture import Fixture

INPUTS = shared.INPUTS


def read_config(fixture: Fixture, *, mini_decoder: bool) -> FnevrConfig:
    """Sizes of the fixture's networks."""
    unused = frozenset({"estimate_jacobian", "estimate_hessian"})
    return FnevrConfig(
        generator=shared.config_of(RenderingGeneratorConfig, fixture, "generator", ignored=unused),
        kp_detector=shared.config_of(DetectorConfig, fixture, "kp_detector", ignored=frozenset({"estimate_hessian"})),
        mini_decoder=mini_decoder,
    )


def build(fixture: Fixture, *, mini_decoder: bool = True) -> tuple[Fnevr, Fnevr]:
    """The fixture's networks with align_corners off and on, same weights."""
    config = read_config(fixture, mini_decoder=mini_decoder)
    return shared.both_alignments(fixture, lambda align_corners: Fnevr(config, align_corners=align_corners))


def outputs(fixture: Fixture, *, mini_decoder: bool = True) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    model, aligned = build(fixture, mini_decoder=mini_decoder)
    source = model.read_source(fixture.tensor("source"))
    driving = model.read_motion(source, fixture.tensor("driving"))
    result = shared.keypoint_arrays("kp_source", source.keypoints) | shared.keypoint_arrays("kp_driving", driving)
    for mode, keypoints in shared.moved(source.keypoints, driving).items():
        generated = model.generator(source.encoding, source.keypoints, keypoints)
        deformed = deformed_image(source.encoding.image, generated.motion, align_corners=False)
        result |= shared.keypoint_arrays(f"{mode}_kp", keypoints) | shared.motion_arrays(mode, generated.motion)
        result |= shared.arrays(mode, {"deformed": deformed, "prediction": generated.prediction})
        result[f"{mode}_volume_feature_first16ch"] = generated.rendered.feature[:, :16].numpy()
        result[f"{mode}_sigma_map_t0"] = generated.rendered.density[:1].numpy()
        auxiliary = model.generator.Render_model.auxiliary_image(generated.rendered)
        result |= shared.arrays(mode, {"mini_prediction": auxiliary})
        result |= shared.aligned_array(fixture, aligned, source, mode, keypoints)
    return result | shared.scale_array(source.keypoints, driving)
