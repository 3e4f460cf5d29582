"""Our values for an FSRT fixture."""

from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from baselines._shared.motion.detector import DetectorConfig
from baselines.fsrt.decoder import QueryDecoder
from baselines.fsrt.encoder import SetLatentEncoder
from baselines.fsrt.encoding import Encoding, pixel_coordinates
from baselines.fsrt.expression import ExpressionEncoder, FeatureKeypointDetector
from baselines.fsrt.model import FSRT, Motion, Source
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored

INPUTS = frozenset({"source_u8", "driving_u8", "pixel_rows_cols", "z_stride"})
"""The images, and which pixels and tokens were stored."""

OFFICIAL_CHUNK = 1000
"""Pixels per decoder call when the fixture was made."""

ENCODING = ("num_kp", "expression_size", "pix_octaves", "pix_start_octave", "kp_octaves", "kp_start_octave")
DETECTOR = (
    "num_kp",
    "num_channels",
    "block_expansion",
    "max_features",
    "num_blocks",
    "temperature",
    "scale_factor",
    "pad",
)


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Every output that the fixture stores."""
    model = _model(fixture)
    images, driving_images = _images(fixture, "source_u8"), _images(fixture, "driving_u8")
    source = model.encode_source(images)
    initial, driving = model.motion(driving_images[:1]), model.motion(driving_images[-1:])
    pixels = _pixels(fixture)
    values = _source_values(fixture, model, images, source, pixels)
    values |= {
        "kp_driving0": initial.keypoints,
        "kp_driving_t": driving.keypoints,
        "expression_driving_t": driving.expression,
        "pixel_coords": pixels,
    }
    modes = {
        "relative": model.transfer(source, initial)(driving),
        "relative_adapt": model.transfer(source, initial, adapt_scale=True)(driving),
        "absolute": driving,
    }
    for mode, motion in modes.items():
        values[f"kp_{mode}"] = motion.keypoints
        values[f"pred_{mode}"] = _render(model, source, motion, pixels)
        values[f"pred01_{mode}"] = values[f"pred_{mode}"].clamp(0, 1)
    values |= _last_chunk(model.decoder, source, modes["absolute"], pixels)
    if "decoder_small" in fixture.config["modules"]:
        model.decoder = _decoder(fixture, "decoder_small")
        seen = replace(source, attended=model.decoder.attended(source.tokens))
        values["pred_small_decoder_relative"] = _render(model, seen, modes["relative"], pixels)
    # sources lie along the first or the second axis of the stored arrays, in the same order
    return {
        name: array.reshape(fixture.io[name].shape) if array.size == fixture.io[name].size else array
        for name, array in as_stored(values, fixture.io).items()
    }


def _model(fixture: Fixture) -> FSRT:
    """The networks of config.json, filled."""
    detector = _pick(fixture.module_config("kp_detector"), DETECTOR)
    encoder = fixture.module_config("encoder")
    model = FSRT(
        FeatureKeypointDetector(DetectorConfig(**detector)),
        SetLatentEncoder(
            Encoding(**_pick(encoder, ENCODING)),
            **_pick(encoder, ("num_conv_blocks", "num_att_blocks", "encode_with_expression")),
        ),
        _decoder(fixture, "decoder"),
        ExpressionEncoder(
            **_pick(
                fixture.module_config("expression_encoder"),
                ("in_channels", "num_kp", "expression_size_per_kp", "expression_size", "pad"),
            )
        ),
    )
    for name in ("kp_detector", "encoder", "expression_encoder"):
        fixture.fill(model.get_submodule(name), name)
    return model


def _decoder(fixture: Fixture, name: str) -> QueryDecoder:
    """The decoder `name` of config.json, filled."""
    config = fixture.module_config(name)
    decoder = QueryDecoder(Encoding(**_pick(config, ENCODING)), **_pick(config, ("num_att_blocks", "small")))
    fixture.fill(decoder, name)
    return decoder


def _pick(config: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: config[name] for name in names}


def _images(fixture: Fixture, name: str) -> Tensor:
    """(N, H, H, 3) uint8 -> (N, 3, H, H) in [0, 1]."""
    size = int(fixture.config["image_size"])
    if fixture.tensor(name).shape[1:] != (size, size, 3):
        raise FixtureError(f"{fixture.folder / 'io.npz'}: {name} must hold images of {size}x{size} pixels")
    return fixture.tensor(name).permute(0, 3, 1, 2).float() / 255


def _pixels(fixture: Fixture) -> Tensor:
    """(n, n, 2) coordinates of the rows and columns that the fixture rendered."""
    index = fixture.tensor("pixel_rows_cols").long()
    return pixel_coordinates(int(fixture.config["image_size"]))[index][:, index]


def _source_values(fixture: Fixture, model: FSRT, images: Tensor, source: Source, pixels: Tensor) -> dict[str, Tensor]:
    """Outputs of detector, expression network and encoder for the source images."""
    seen = model.kp_detector.detect(images[:1])
    down: nn.Module | None = model.kp_detector.down
    code = model.encoder.encoding.positional(source.motion.keypoints[:1], pixels.flatten(0, 1))
    code = code.transpose(1, 2).reshape(1, -1, *pixels.shape[:2])  # (1, C, n, n)
    stored = fixture.io.get("pos_encoding_source0_sub")
    if stored is not None and stored.size != code.numel():
        code = code[..., ::4, ::4]
    return {
        "kp_source": source.motion.keypoints,
        "expression_source": source.motion.expression,
        "kp_input_source0": images[:1] if down is None else down(images[:1]),
        "kp_logits_source0": seen.logits,
        "feature_map_source0": seen.features,
        "pos_encoding_source0_sub": code,
        "z": source.tokens[:, :: int(fixture.io["z_stride"])],
    }


def _render(model: FSRT, source: Source, motion: Motion, pixels: Tensor) -> Tensor:
    """(1, n, n, 3) colours of the chosen pixels."""
    return model.colours(source, motion, pixels.flatten(0, 1)).view(1, *pixels.shape[:2], 3)


def _last_chunk(decoder: QueryDecoder, source: Source, motion: Motion, pixels: Tensor) -> dict[str, Tensor]:
    """First 16 rows of the last chunk after the input MLP and after cross-attention."""
    flat = pixels.flatten(0, 1)
    start = (len(flat) - 1) // OFFICIAL_CHUNK * OFFICIAL_CHUNK
    query = decoder.queries(flat[start : start + 16], motion.keypoints, motion.expression)
    mixed: Tensor = decoder.allocation_transformer.input_mlp(query)
    attended: Tensor = decoder.allocation_transformer.transformer(mixed, source.attended)
    return {"query_absolute_first16": mixed, "alloc_absolute_first16": attended}
