"""TPSM against its parity fixture."""

from __future__ import annotations

import numpy as np

from baselines._shared.motion.keypoints import movement_scale, relative_motion
from baselines.tpsm.dense_motion import TpsMotion, TpsMotionConfig
from baselines.tpsm.inpainting import Inpainted, InpaintingConfig
from baselines.tpsm.keypoints import AvdConfig
from baselines.tpsm.model import Tpsm, TpsmConfig
from tests.parity import motion as shared
from tests.parity.fixture import Fixture, FixtureError

INPUTS = shared.INPUTS


def build(fixture: Fixture) -> Tpsm:
    """The fixture's networks with its weights."""
    config = TpsmConfig(
        inpainting_network=shared.config_of(
            InpaintingConfig, fixture, "inpainting_network", ignored=frozenset({"num_tps", "bg"})
        ),
        dense_motion_network=shared.config_of(
            TpsMotionConfig, fixture, "dense_motion_network", ignored=frozenset({"bg"})
        ),
        avd_network=shared.config_of(AvdConfig, fixture, "avd_network"),
    )
    if fixture.module_config("kp_detector")["params"]["num_tps"] != config.dense_motion_network.num_tps:
        raise FixtureError(f"{fixture.folder / 'config.json'}: kp_detector and dense_motion_network differ in num_tps")
    return shared.fill_modules(fixture, Tpsm(config))


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    model = build(fixture)
    image, frames = fixture.tensor("source"), fixture.tensor("driving")
    source = model.read_source(image)
    driving = model.read_motion(source, frames)
    modes = {
        "abs": driving,
        "rel": relative_motion(source.keypoints, driving[:1], adapt_scale=True)(driving),
        "avd": model.avd_network(source.keypoints, driving),
    }
    result = shared.arrays("kp", {"source": source.keypoints.value, "driving": driving.value})
    result["rel_movement_scale"] = np.asarray(movement_scale(source.keypoints, driving[:1]))
    for mode, keypoints in modes.items():
        result |= shared.arrays(mode, {"kp": keypoints.value}) | _arrays(mode, *model.generate(source, keypoints))
    background = model.bg_predictor(image, frames)
    result |= shared.arrays("bg", {"param": background})
    return result | _arrays("bg", *model.generate(source, driving, background))


def _arrays(mode: str, motion: TpsMotion, inpainted: Inpainted) -> dict[str, np.ndarray]:
    named = {
        "contribution_maps": motion.contribution_maps,
        "deformation": motion.deformation,
        "deformed_source": motion.deformed_source,
        "deformed": inpainted.deformed,
        "prediction": inpainted.prediction,
    }
    occlusion = {f"occlusion_map_{index}": value for index, value in enumerate(motion.occlusion)}
    return shared.arrays(mode, named | occlusion)
