"""Fixture outputs of LivePortrait: motion, keypoint rules, a reduced decoder, and the decoder in official size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from baselines.liveportrait.model import DrivingOptions, LivePortrait, Source, decode, driver, encode_source
from baselines.liveportrait.motion import Motion
from baselines.liveportrait.retargeting import Openings, measure_openings, retarget, stitch, stitching_offsets
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored, recorded
from tests.parity.liveportrait_build import build_model
from tests.parity.liveportrait_images import to_input, to_uint8
from tests.parity.recipe import Recipe

INPUTS = frozenset({"source_u8", "driving_u8", "lmk203_source", "lmk203_driving", "lip_array"})

FLAGS = ("relative_motion", "stitching", "normalize_lip", "eye_retargeting", "lip_retargeting")
OPTIONS = {"driving", "driving_option", "driving_multiplier", "animation_region", *(f"flag_{flag}" for flag in FLAGS)}
"""What a case of config.json may say."""

BLOCKS = {"mid0": "G_middle_0", "mid5": "G_middle_5", "up0": "up_0", "up1": "up_1"}


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of everything in io.npz except `INPUTS`."""
    model = _model(fixture.config["modules"])
    for name, module in _official_names(model).items():
        fixture.fill(module, name)
    image = to_input(fixture.tensor("source_u8")[None])  # (1, 3, 256, 256)
    with recorded(model.motion, {"raw": "detector"}) as heads:
        source = encode_source(model, _thinned(image, fixture), measure_openings(fixture.tensor("lmk203_source")[None]))
        # The fixture shrinks the source for the appearance extractor only.
        motion = model.motion(image)
    source = Source(source.feature, motion, motion.keypoints, source.openings)
    driving = model.motion(to_input(fixture.tensor("driving_u8")))
    values = {f"raw_source_{name}": value for name, value in heads["raw"].items()}
    values |= _named(source, driving) | _corrections(fixture, model, source, driving)
    rules = _rules(fixture, model, source, driving)
    last = rules["xd_default"][-1:]
    values |= rules | {"small_source": _thinned(image, fixture)} | _decoded(model, source, last, "small")
    if "full" in fixture.config:
        values |= _full(fixture, image, source, last)
    return as_stored(values, fixture.io) | {"small_out_u8": to_uint8(values["small_out"])[0].numpy()}


def _model(modules: Mapping[str, Any]) -> LivePortrait:
    try:
        return build_model(modules)
    except ValueError as error:
        raise FixtureError(str(error)) from error


def _official_names(model: LivePortrait) -> dict[str, nn.Module]:
    """Module names of the official code, which are also the recipe's seeds."""
    return {
        "appearance_feature_extractor": model.appearance,
        "motion_extractor": model.motion,
        "warping_module": model.warping,
        "spade_generator": model.generator,
        "retarget_shoulder": model.retargeting.stitching,
        "retarget_mouth": model.retargeting.lip,
        "retarget_eye": model.retargeting.eye,
    }


def _thinned(image: Tensor, fixture: Fixture) -> Tensor:
    """Every n-th pixel of (1, 3, H, W), so that `small_image_size` are left."""
    step = image.shape[3] // int(fixture.config["small_image_size"])
    return image[:, :, ::step, ::step]


def _named(source: Source, driving: Motion) -> dict[str, Tensor]:
    """Motion of source and driving frames under the fixture's names."""
    values = {"x_s": source.keypoints, "x_driving_last": driving.keypoints[-1:]}
    for role, motion in (("source", source.motion), ("driving", driving)):
        values[f"R_{role}"] = motion.rotation
        values |= {f"info_{role}_{field.name}": getattr(motion, field.name) for field in fields(Motion)}
    return values


def _corrections(fixture: Fixture, model: LivePortrait, source: Source, driving: Motion) -> dict[str, Tensor]:
    """Openings, and the three small networks called on their own."""
    wanted_eye, wanted_lip = (fixture.tensor(f"{name}_ratio_combined")[:, -1:] for name in ("eye", "lip"))
    mine, theirs = source.openings, measure_openings(fixture.tensor("lmk203_driving"))
    if mine is None:
        raise FixtureError("the source has no landmarks")
    eye_ratios = torch.cat([mine.eyes, wanted_eye], dim=1)
    lip_ratios = torch.cat([mine.lip, wanted_lip], dim=1)
    start, last = source.keypoints, driving.keypoints[-1:]
    return {
        "eye_ratio_source": mine.eyes,
        "lip_ratio_source": mine.lip,
        "eye_ratio_driving": theirs.eyes,
        "lip_ratio_driving": theirs.lip,
        "eye_ratio_combined": eye_ratios,
        "lip_ratio_combined": lip_ratios,
        "eye_delta": retarget(model.retargeting.eye, start, eye_ratios),
        "lip_delta": retarget(model.retargeting.lip, start, lip_ratios),
        "stitch_raw": stitching_offsets(model.retargeting.stitching, start, last),
        "stitched": stitch(model.retargeting.stitching, start, last),
    }


def _rules(fixture: Fixture, model: LivePortrait, source: Source, driving: Motion) -> dict[str, Tensor]:
    """Keypoints of every case in `config["cases"]`."""
    openings = measure_openings(fixture.tensor("lmk203_driving"))
    still = driving.select(slice(-1, None))
    still_openings = Openings(openings.eyes[-1:], openings.lip[-1:])
    values = {}
    for name, case in fixture.config["cases"].items():
        options, relative = _options(case), case.get("flag_relative_motion", True)
        if str(case["driving"]).startswith("image"):
            neutral = fixture.tensor("lip_array")
            values[f"xd_{name}"] = driver(model, source, still if relative else None, options, neutral)(
                still, still_openings
            )
        else:
            start = driving.select(slice(0, 1)) if relative else None
            values[f"xd_{name}"] = driver(model, source, start, options)(driving, openings)
    return values


def _options(case: Mapping[str, Any]) -> DrivingOptions:
    """Official flags -> our options. The fixture's cases are "pose-friendly" unless they say otherwise."""
    if unknown := sorted(set(case) - OPTIONS):
        raise FixtureError(f"a driving case has options nobody here knows: {', '.join(unknown)}")
    return DrivingOptions(
        region=case.get("animation_region", "all"),
        expression_friendly=case.get("driving_option") == "expression-friendly",
        stitching=case.get("flag_stitching", True),
        normalize_lip=case.get("flag_normalize_lip", True),
        retarget_eyes=case.get("flag_eye_retargeting", False),
        retarget_lip=case.get("flag_lip_retargeting", False),
        multiplier=case.get("driving_multiplier", 1.0),
    )


def _decoded(model: LivePortrait, source: Source, keypoints: Tensor, prefix: str) -> dict[str, Tensor]:
    """Everything between the appearance volume and the image, for one frame."""
    with recorded(model.warping, {"warping": ""}) as warping, recorded(model.generator, BLOCKS) as blocks:
        image = decode(model, source, keypoints)
    warped, motion = warping["warping"]
    values = {
        "feature": source.feature,
        "mask": motion.mask,
        "deformation": motion.deformation,
        "occlusion": motion.occlusion,
        "warped": warped,
        "out": image,
    }
    return {f"{prefix}_{name}": value for name, value in (values | blocks).items()}


def _full(fixture: Fixture, image: Tensor, source: Source, keypoints: Tensor) -> dict[str, Tensor]:
    """The official-size decoder with its own weights, thinned out as the fixture's README says."""
    full = fixture.config["full"]
    model = _model(full["modules"])
    overrides = full.get("overrides", fixture.config["recipe"]["overrides"])
    recipe = Recipe.from_config({"salt": full["salt"], "overrides": overrides})
    for name in ("appearance_feature_extractor", "warping_module", "spade_generator"):
        fixture.fill(_official_names(model)[name], name, recipe)
    encoded = Source(model.appearance(image), source.motion, source.keypoints)
    values = _decoded(model, encoded, keypoints, "full")
    out, middle = values["full_out"], values["full_out"].shape[2] // 2
    return values | {
        "full_feature": values["full_feature"][:, :2],
        "full_mask": values["full_mask"][:, :, ::4, ::4, ::4],
        "full_deformation": values["full_deformation"][:, ::4],
        "full_up1": values["full_up1"][:, :, ::2, ::2],
        "full_out_stride2": out[:, :, ::2, ::2],
        "full_out_center128": out[:, :, middle - 64 : middle + 64, middle - 64 : middle + 64],
    }
