"""The networks from the parameters of an official LivePortrait configuration (`models.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.model import LivePortrait
from baselines.liveportrait.motion import MotionExtractor
from baselines.liveportrait.retargeting import KeypointMlp, Retargeting
from baselines.liveportrait.spade import SpadeGenerator
from baselines.liveportrait.warping import DenseMotionConfig, WarpingModule

Parameters = Mapping[str, Any]


def build_model(modules: Mapping[str, Parameters]) -> LivePortrait:
    """Build all networks, untrained.

    Args:
        modules: the five groups `appearance_feature_extractor_params` ... `stitching_retargeting_module_params`.

    Raises:
        KeyError: a parameter is missing.
        ValueError: an option that no released model uses and that is not built here.
    """
    motion = modules["motion_extractor_params"]
    mlps = modules["stitching_retargeting_module_params"]
    return LivePortrait(
        appearance=_appearance(modules["appearance_feature_extractor_params"]),
        motion=MotionExtractor(motion["num_kp"], motion["backbone"]),
        warping=_warping(modules["warping_module_params"]),
        generator=_generator(modules["spade_generator_params"]),
        retargeting=Retargeting(stitching=_mlp(mlps["stitching"]), lip=_mlp(mlps["lip"]), eye=_mlp(mlps["eye"])),
    )


def _appearance(parameters: Parameters) -> AppearanceFeatureExtractor:
    return AppearanceFeatureExtractor(
        image_channel=parameters["image_channel"],
        block_expansion=parameters["block_expansion"],
        num_down_blocks=parameters["num_down_blocks"],
        max_features=parameters["max_features"],
        reshape_channel=parameters["reshape_channel"],
        reshape_depth=parameters["reshape_depth"],
        num_resblocks=parameters["num_resblocks"],
    )


def _warping(parameters: Parameters) -> WarpingModule:
    if not parameters["estimate_occlusion_map"]:
        raise ValueError("estimate_occlusion_map: a LivePortrait without occlusion was never released")
    dense = parameters["dense_motion_params"]
    return WarpingModule(
        num_kp=parameters["num_kp"],
        block_expansion=parameters["block_expansion"],
        max_features=parameters["max_features"],
        num_down_blocks=parameters["num_down_blocks"],
        reshape_channel=parameters["reshape_channel"],
        dense_motion=DenseMotionConfig(
            block_expansion=dense["block_expansion"],
            max_features=dense["max_features"],
            num_blocks=dense["num_blocks"],
            reshape_depth=dense["reshape_depth"],
            compress=dense["compress"],
        ),
    )


def _generator(parameters: Parameters) -> SpadeGenerator:
    return SpadeGenerator(
        upscale=parameters.get("upscale") or 1,
        block_expansion=parameters["block_expansion"],
        num_down_blocks=parameters["num_down_blocks"],
    )


def _mlp(parameters: Parameters) -> KeypointMlp:
    return KeypointMlp(parameters["input_size"], tuple(parameters["hidden_sizes"]), parameters["output_size"])
