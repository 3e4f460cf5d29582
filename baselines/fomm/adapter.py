"""FOMM in evalkit."""

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.method import NativeMethod
from baselines._shared.native.motion_field import build_motion_method
from baselines._shared.native.networks import Networks, Part
from baselines.fomm.model import VOX_256, Fomm, FommConfig
from evalkit.method.interface import MethodConfig

SIZE = 256
NETWORKS = Networks(
    method="fomm",
    variants={"vox": lambda: Fomm(VOX_256)},
    parts=(Part("generator", "generator"), Part("kp_detector", "kp_detector")),
    files=("vox-adv-cpk.pth.tar or vox-cpk.pth.tar",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig, sizes: FommConfig = VOX_256, side: int = SIZE) -> NativeMethod:
    """Keypoint detector and generator; other `sizes` and `side` (pixels) are for random weights."""
    return build_motion_method(NETWORKS, config, lambda align_corners: Fomm(sizes, align_corners=align_corners), side)
