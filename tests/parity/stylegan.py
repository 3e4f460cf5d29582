"""Reading the networks of LIA and DPE fixtures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from baselines._shared.stylegan.encoder import check_size
from baselines._shared.stylegan.images import resize
from tests.parity.fixture import Fixture, FixtureError


def constructor(fixture: Fixture) -> dict[str, Any]:
    """Constructor arguments of module `gen`.

    Raises:
        FixtureError: a size that is no power of two, or a width that the encoder's maps do not have.
    """
    config = fixture.module_config("gen")
    try:
        check_size(int(config["size"]))
    except ValueError as error:
        raise FixtureError(f"{fixture.folder}: {error}") from error
    if config.get("channel_multiplier", 1) != 1:
        raise FixtureError(f"{fixture.folder}: channel_multiplier must be 1, found {config['channel_multiplier']}")
    return {
        "size": int(config["size"]),
        "style_dim": int(config["style_dim"]),
        "motion_dim": int(config["motion_dim"]),
        "taps": tuple(float(tap) for tap in config["blur_kernel"]),
    }


def feature_values(features: Sequence[Tensor]) -> dict[str, Tensor]:
    """Encoder features under the names that the fixtures use."""
    values = {f"feat_{feature.shape[-1]}": feature for feature in features}
    values["feat_absmean"] = torch.stack([feature.abs().mean() for feature in features])
    values["feat_sizes"] = torch.tensor([feature.shape[-1] for feature in features], dtype=torch.int64)
    values["feat_channels"] = torch.tensor([feature.shape[1] for feature in features], dtype=torch.int64)
    return values


def frame(fixture: Fixture, name: str) -> np.ndarray:
    """Input `name`, (H, W, 3) uint8, as (1, size, size, 3).

    Raises:
        FixtureError: it is not in io.npz, or is no image.
    """
    image = fixture.tensor(name).numpy()
    if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise FixtureError(f"{fixture.folder / 'io.npz'}: {name} must be (H, W, 3) uint8, found {image.shape}")
    return resize(image, int(fixture.module_config("gen")["size"]))[None]
