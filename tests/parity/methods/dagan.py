"""DaGAN against its parity fixtures (both generators)."""

from __future__ import annotations

import numpy as np

from baselines._shared.motion.detector import DetectorConfig
from baselines._shared.motion.generator import GeneratorConfig, deformed_image
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines.dagan.depth import DepthDecoderConfig, DepthEncoderConfig
from baselines.dagan.generator import DepthEncoding
from baselines.dagan.model import Dagan, DaganConfig
from tests.parity import motion as shared
from tests.parity.fixture import Fixture

INPUTS = shared.INPUTS


def build(fixture: Fixture) -> tuple[Dagan, Dagan]:
    """The fixture's networks with align_corners off and on, same weights."""
    generator_class = fixture.module_config("generator").get("official_class", "")
    config = DaganConfig(
        generator=shared.config_of(GeneratorConfig, fixture, "generator", ignored=frozenset({"estimate_jacobian"})),
        kp_detector=shared.config_of(DetectorConfig, fixture, "kp_detector"),
        depth_encoder=shared.config_of(
            DepthEncoderConfig, fixture, "depth_encoder", ignored=frozenset({"pretrained", "num_input_images"})
        ),
        depth_decoder=shared.config_of(DepthDecoderConfig, fixture, "depth_decoder"),
        decoder="spade" if generator_class.startswith("SPADE") else "original",
    )
    return shared.both_alignments(fixture, lambda align_corners: Dagan(config, align_corners=align_corners))


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    model, aligned = build(fixture)
    frames = fixture.tensor("driving")
    source = model.read_source(fixture.tensor("source"))
    driving = model.read_motion(source, frames)
    result = shared.keypoint_arrays("kp_source", source.keypoints) | shared.keypoint_arrays("kp_driving", driving)
    scales = model.depth_decoder(model.depth_encoder(fixture.tensor("source")))
    result |= shared.arrays("depth_source", {f"scale{scale}": scales[scale] for scale in scales if scale})
    result |= shared.arrays("depth", {"source": scales[0], "driving": model.depth(frames)})
    for mode, keypoints in shared.moved(source.keypoints, driving).items():
        generated = model.generator(source.encoding, source.keypoints, keypoints)
        deformed = deformed_image(source.encoding.rgb.image, generated.motion, align_corners=False)
        result |= shared.keypoint_arrays(f"{mode}_kp", keypoints) | shared.motion_arrays(mode, generated.motion)
        result |= shared.arrays(mode, {"deformed": deformed, "prediction": generated.prediction})
        result[f"{mode}_attention_t0_rows32"] = _attention(model, source, keypoints[:1])[:, :32]
        result |= shared.aligned_array(fixture, aligned, source, mode, keypoints)
    return result | shared.scale_array(source.keypoints, driving)


def _attention(model: Dagan, source: Source[DepthEncoding], driving: Keypoints) -> np.ndarray:
    _, features = model.generator.warp_features(source.encoding.rgb, source.keypoints, driving)
    weights: np.ndarray = model.generator.AttnModule.weights(source.encoding.depth, features).numpy()
    return weights
