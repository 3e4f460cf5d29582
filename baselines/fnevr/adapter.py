"""FNeVR in evalkit."""

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.method import NativeMethod
from baselines._shared.native.motion_field import build_motion_method
from baselines._shared.native.networks import Networks, Part
from baselines.fnevr.model import VOX_256, Fnevr, FnevrConfig
from evalkit.method.interface import MethodConfig

SIZE = 256
NETWORKS = Networks(
    method="fnevr",
    variants={"vox": lambda: Fnevr(VOX_256)},
    parts=(Part("generator", "generator"), Part("kp_detector", "kp_detector")),
    files=("00000099-checkpoint.pth.tar",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig, sizes: FnevrConfig = VOX_256, side: int = SIZE) -> NativeMethod:
    """Keypoint detector and rendering generator; other `sizes` and `side` (pixels) are for random weights."""
    return build_motion_method(NETWORKS, config, lambda align_corners: Fnevr(sizes, align_corners=align_corners), side)
