"""Fixture outputs of PIRenderer: driving windows, a reduced generator, and the generator in official size."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from baselines.pirenderer import motion
from baselines.pirenderer.generator import Generator, GeneratorConfig, Rendering
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored, recorded
from tests.parity.pirenderer_images import to_input, to_uint8
from tests.parity.recipe import Recipe

MODULE = "net_G_ema"
INPUTS = frozenset(
    {"source_u8", "coeff_driving", "coeff_source", "frames", "coeff_single262", "full_source_u8", "full_window"}
)
STAGES = {
    "hourglass_out": "warpping_net.hourglass",
    "hourglass_encoder_last": "warpping_net.hourglass.encoder",
    "edit_encoder_last": "editing_net.encoder",
}


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of everything in io.npz except `INPUTS`."""
    driving = _windows(fixture)
    arrays = {**driving, **_reduced(fixture, driving)}
    if "full" in fixture.config:
        arrays |= _full(fixture)
    return arrays


def generator_config(modules: dict[str, Any]) -> GeneratorConfig:
    """Sizes from the official constructor arguments, as a fixture states them."""
    common, mapping = modules["common"], modules["mapping_net"]
    warping, editing = modules["warpping_net"], modules["editing_net"]
    if common.get("use_spect"):
        raise FixtureError("use_spect: PIRenderer with spectral norm was never released and is not built here")
    return GeneratorConfig(
        coeff_nc=mapping["coeff_nc"],
        mapping_layers=mapping["layer"],
        descriptor_nc=mapping["descriptor_nc"],
        image_nc=common["image_nc"],
        max_nc=common["max_nc"],
        warping_base=warping["base_nc"],
        warping_encoder_layers=warping["encoder_layer"],
        warping_decoder_layers=warping["decoder_layer"],
        editing_base=editing["base_nc"],
        editing_layers=editing["layer"],
        editing_res_blocks=editing["num_res_blocks"],
    )


def _windows(fixture: Fixture) -> dict[str, np.ndarray]:
    """Windows of the asked frames for the same and for another identity, and of a single image."""
    radius, frames = int(fixture.config["semantic_radius"]), fixture.io["frames"]
    driving = motion.motion_coefficients(fixture.io["coeff_driving"])
    source = motion.motion_coefficients(fixture.io["coeff_source"])[0]
    single = motion.motion_coefficients(fixture.io["coeff_single262"][None])
    ratio = motion.scale_ratio(source, driving)
    return {
        "window_same": motion.windows(driving, radius)[frames],
        "crop_ratio": np.array([ratio], dtype=np.float32),
        "window_cross": motion.windows(motion.with_scale(driving, ratio), radius)[frames],
        "window_single": motion.windows(single, radius),
    }


def _reduced(fixture: Fixture, driving: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    model = Generator(generator_config(fixture.module_config(MODULE)))
    fixture.fill(model, MODULE)
    values, rendering = _render(model, fixture.io["source_u8"], driving["window_cross"])
    _, same = _render(model, fixture.io["source_u8"], driving["window_same"][-1:])
    values |= {"fake_image_same_last": same.image, "flow_same_last": same.flow}
    return {**as_stored(values, fixture.io), "video_u8": to_uint8(rendering.image).numpy()}


def _full(fixture: Fixture) -> dict[str, np.ndarray]:
    full = fixture.config["full"]
    model = Generator(generator_config(full["modules"][MODULE]))
    overrides = full.get("overrides", fixture.config["recipe"]["overrides"])
    fixture.fill(model, MODULE, Recipe.from_config({"salt": full["salt"], "overrides": overrides}))
    values, _ = _render(model, fixture.io["full_source_u8"], fixture.io["full_window"])
    # This array holds leading channels only, without saying so in its name.
    stored = fixture.io["full_hourglass_encoder_last"].shape[1]
    values["hourglass_encoder_last"] = values["hourglass_encoder_last"][:, :stored]
    return as_stored({f"full_{name}": value for name, value in values.items()}, fixture.io)


def _render(model: Generator, source: np.ndarray, window: np.ndarray) -> tuple[dict[str, torch.Tensor], Rendering]:
    """One source driven by B windows: named tensors of all stages, and the rendering itself."""
    images = to_input(torch.from_numpy(source)[None]).expand(len(window), -1, -1, -1)
    with recorded(model, STAGES) as stages:
        rendering = model(images, torch.from_numpy(window))
    # Encoders give one map per size; the fixture stores the deepest.
    values = {name: stage[-1] if name.endswith("encoder_last") else stage for name, stage in stages.items()}
    values |= {
        "descriptor": rendering.descriptor,
        "flow": rendering.flow,
        "warp_image": rendering.warped,
        "fake_image": rendering.image,
    }
    return values, rendering
