"""Our values for a HyperReenact fixture: every network, and the pictures with and without changes and truncation."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from baselines._shared.stylegan.encoder import FULL, Widths
from baselines._shared.stylegan.images import to_tensor
from baselines.hyperreenact import appearance
from baselines.hyperreenact.model import HyperReenact, truncated
from baselines.hyperreenact.sizes import Sizes
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored, recorded

INPUTS = frozenset({"source_u8", "target_u8", "lm68_source", "pose_crop_u8", "z_for_mean"})
BUILT: dict[str, dict[str, object]] = {
    "hypernet": {"mode": "delta_per_channel"},
    "pose_encoder": {"arch": "resnet50 + regressor 236"},
    "appearance_encoder": {"arch": "IR-SE-50, feature after body block index 23"},
    "e4e_encoder": {"num_layers": 50, "mode": "ir_se"},
}
"""The one kind of each network that we build."""
_WHOLE = ("decoder", "pose_encoder", "e4e_encoder", "hypernet")
_CORNER = re.compile(r"^delta_(\d+)_out(\d+)_in(\d+)_center$")
_MEAN = re.compile(r"^(.+)_absmean$")
_STRIDE = re.compile(r"^(.+)_stride(\d+)$")


class Recogniser(nn.Module):
    """The appearance encoder under the prefix that its seeds have."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.facenet = encoder


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of everything in io.npz except `INPUTS`."""
    sizes = _sizes(fixture)
    model = HyperReenact(sizes).eval()
    for name in _WHOLE:
        fixture.fill(model.get_submodule(name), name)
    fixture.fill(Recogniser(model.appearance_encoder), "appearance_encoder")
    picture = to_tensor(fixture.io["source_u8"][None])
    landmarks = fixture.io["lm68_source"][0]
    matrix = torch.from_numpy(appearance.crop_matrix(landmarks, picture.shape[-1]))[None].float()
    f_app = model.appearance_encoder(picture, matrix)
    f_pose = model.pose_encoder(fixture.tensor("pose_crop_u8").permute(2, 0, 1)[None] / 255)
    paths = {"f_pose_512": "conv_transf", "f_blend": "blend_module"}
    with recorded(model.hypernet, paths) as inside:
        changes = model.hypernet(f_pose, f_app)
    code = model.e4e_encoder(picture)
    mean = model.decoder.mean(fixture.tensor("z_for_mean"))
    kept = truncated(code, mean, fixture.config["truncation"])
    values: dict[str, Tensor] = {
        "affine": matrix,
        "arcface_crop": appearance.aligned(picture, matrix),
        "id_hat": model.appearance_encoder.embedding(f_app),
        "f_app": f_app,
        "f_pose": f_pose,
        "pose_params": model.pose_encoder.parameters_of(f_pose),
        "source_code": code,
        "latent_mean": mean,
        **inside,
        "delta_layers": torch.tensor(sorted(changes)),
        "image": model.decoder(kept, changes),
        "image_inversion_no_delta": model.decoder(kept, {}),
        "image_no_truncation": model.decoder(code, changes),
        **{f"delta_{layer}": change for layer, change in changes.items()},
    }
    return as_stored(values | _parts(values, fixture.io), fixture.io)


def _parts(values: dict[str, Tensor], names: dict[str, np.ndarray]) -> dict[str, Tensor]:
    """What the fixture stores of larger values: a corner of a change, a mean, every second pixel.

    All taps of a kernel change alike, so that a change has no taps here, and its middle one is itself.
    """
    found = {}
    for name in names:
        if (match := _CORNER.match(name)) and f"delta_{match[1]}" in values:
            found[name] = values[f"delta_{match[1]}"][:, : int(match[2]), : int(match[3])]
        elif (match := _MEAN.match(name)) and match[1] in values:
            found[name] = values[match[1]].abs().double().mean().float()
        elif (match := _STRIDE.match(name)) and match[1] in values:
            found[name] = values[match[1]][..., :: int(match[2]), :: int(match[2])]
    return found


def _sizes(fixture: Fixture) -> Sizes:
    for name, built in BUILT.items():
        config = fixture.module_config(name)
        if other := [key for key, value in built.items() if config.get(key, value) != value]:
            raise FixtureError(f"{name}: no such network is built here: {', '.join(other)}")
    decoder = fixture.module_config("decoder")
    sizes = Sizes(
        side=decoder["size"],
        style_dim=decoder["style_dim"],
        mapping=decoder["n_mlp"],
        widths=Widths(budget=FULL.budget * decoder["channel_multiplier"]),
    )
    if fixture.module_config("e4e_encoder").get("image_resolution", sizes.side) != sizes.side:
        raise FixtureError("e4e_encoder and decoder have pictures of different sizes")
    named = fixture.module_config("hypernet")["layers_to_tune"]
    tuned = tuple(int(layer) for layer in named.split(",")) if named else tuple(range(len(sizes.layers)))
    return replace(sizes, tuned=tuned)
