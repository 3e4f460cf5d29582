"""Fixture outputs of Deep3DFaceRecon: alignment of every case, then the regressor on the batch of all crops."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from evalkit.extractors.deep3d import alignment
from evalkit.extractors.deep3d.network import CoefficientRegressor, split_coefficients
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored, recorded

# The runner takes fixed names; `num_cases` of a fixture is a handful.
_NUMBERS = range(1000)
INPUTS = frozenset({f"image{case}_u8" for case in _NUMBERS} | {f"lm68_{case}" for case in _NUMBERS})
EXACT = frozenset({f"crop{case}_u8" for case in _NUMBERS} | {f"fallback_crop_{case}_u8" for case in _NUMBERS})

STAGES = {name: f"backbone.{name}" for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool")}


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of everything in io.npz except images and landmarks."""
    aligned: dict[str, np.ndarray] = {"lm3d_std": alignment.STANDARD_POINTS}
    cases = range(int(fixture.config["num_cases"]))
    for case in cases:
        aligned |= _case(fixture, case)
    crops = np.stack([aligned[f"crop{case}_u8"] for case in cases])
    return {**aligned, **_network(fixture, crops)}


def _case(fixture: Fixture, case: int) -> dict[str, np.ndarray]:
    """Alignment of one image, and the rule for the same image without a face."""
    image, landmarks = fixture.io[f"image{case}_u8"], fixture.io[f"lm68_{case}"]
    height, width = image.shape[:2]
    settings = _settings(fixture.config)
    upright = alignment.flip_y(landmarks, height)
    five = alignment.five_points(upright)
    found = alignment.fit_alignment(five, width, height, **settings)
    missing = alignment.points_without_face(width, height, settings["standard"])
    fallback = alignment.fit_alignment(missing, width, height, **settings)
    return {
        f"lm5_{case}": five,
        f"trans_params_{case}": found.params,
        f"crop{case}_u8": alignment.align_image(image, found),
        f"lm68_crop_{case}": alignment.align_points(upright, found),
        f"lm5_crop_{case}": alignment.align_points(five, found),
        f"fallback_trans_params_{case}": fallback.params,
        f"fallback_crop_{case}_u8": alignment.align_image(image, fallback),
    }


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "standard": np.array(config.get("lm3d_std", alignment.STANDARD_POINTS), dtype=np.float32),
        "rescale_factor": float(config["rescale_factor"]),
        "crop_size": int(config["target_size"]),
    }


def _network(fixture: Fixture, crops: np.ndarray) -> dict[str, np.ndarray]:
    """Coefficients of all crops (B, S, S, 3) uint8, their parts, and the stages inside the ResNet."""
    config = fixture.module_config("net_recon")
    if config.get("net_recon", "resnet50") != "resnet50" or config.get("use_last_fc"):
        raise FixtureError(
            f"{fixture.folder / 'config.json'}: only resnet50 without use_last_fc was released, found {config}"
        )
    model = CoefficientRegressor()
    fixture.fill(model, "net_recon")
    images = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255  # (B, 3, S, S)
    with recorded(model, STAGES) as stages:
        coefficients = model(images)
    values = {f"coeff_{name}": part for name, part in split_coefficients(coefficients).items()}
    values |= {"coeffs": coefficients, "avgpool": stages.pop("avgpool")}
    values |= {name: stage[:1] for name, stage in stages.items()}  # the fixture stores sample 0
    return as_stored(values, fixture.io)
