"""G3FA in evalkit."""

from baselines.fnevr.model import Fnevr
from baselines.g3fa.model import VOX_256
from baselines.native.checkpoints import NativeCheckpoints
from baselines.native.method import NativeMethod
from baselines.native.motion_field import build_motion_method
from baselines.native.networks import Networks, Part
from evalkit.adapter import MethodConfig

SIZE = 256
NETWORKS = Networks(
    method="g3fa",
    variants={"vox": lambda: Fnevr(VOX_256)},
    parts=(Part("generator", "generator"), Part("kp_detector", "kp_detector")),
    files=("G3FA.pth",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig) -> NativeMethod:
    """Keypoint detector and rendering generator."""
    return build_motion_method(
        NETWORKS, config, lambda align_corners: Fnevr(VOX_256, align_corners=align_corners), SIZE
    )
