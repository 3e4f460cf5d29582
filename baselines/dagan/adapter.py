"""DaGAN in evalkit."""

import dataclasses
from collections.abc import Mapping

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.method import NativeMethod
from baselines._shared.native.motion_field import build_motion_method
from baselines._shared.native.networks import Networks, Part
from baselines.dagan.model import DEPTH_50, VOX_ADV_256, VOX_ADV_256_SPADE, Dagan, DaganConfig
from evalkit.method.interface import MethodConfig

SIZE = 256


def _with_depth_50(config: DaganConfig) -> DaganConfig:
    return dataclasses.replace(config, depth_encoder=DEPTH_50[0], depth_decoder=DEPTH_50[1])


SIZES = {
    "original": VOX_ADV_256,
    "spade": VOX_ADV_256_SPADE,
    "original-depth50": _with_depth_50(VOX_ADV_256),
    "spade-depth50": _with_depth_50(VOX_ADV_256_SPADE),
}
NETWORKS = Networks(
    method="dagan",
    variants={
        "original": lambda: Dagan(SIZES["original"]),
        "spade": lambda: Dagan(SIZES["spade"]),
        "original-depth50": lambda: Dagan(SIZES["original-depth50"]),
        "spade-depth50": lambda: Dagan(SIZES["spade-depth50"]),
    },
    parts=(
        Part("generator", "generator"),
        Part("kp_detector", "kp_detector"),
        Part("depth_encoder", None),
        Part("depth_decoder", None),
    ),
    files=("DaGAN_vox_adv_256.pth.tar or SPADE_DaGAN_vox_adv_256.pth.tar", "encoder.pth", "depth.pth"),
    choose=lambda options: options["generator"] + ("-depth50" if options["depth"] == "50" else ""),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig, sizes: Mapping[str, DaganConfig] = SIZES, side: int = SIZE) -> NativeMethod:
    """Depth network, keypoint detector and a generator; other `sizes` and `side` (pixels) are for random weights."""
    chosen = sizes[NETWORKS.variant(config)]
    return build_motion_method(NETWORKS, config, lambda align_corners: Dagan(chosen, align_corners=align_corners), side)
