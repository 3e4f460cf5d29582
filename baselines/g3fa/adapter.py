"""G3FA in evalkit."""

from baselines.fnevr.model import Fnevr
from baselines.g3fa.model import VOX_256
from baselines.native.load import load
from baselines.native.method import NativeMethod
from baselines.native.motion_field import MotionAnimator
from baselines.native.networks import Networks, Part
from baselines.native.options import flag
from evalkit.adapter import MethodConfig

SIZE = 256
CHECKPOINTS = Networks(
    method="g3fa",
    variants={"vox": lambda: Fnevr(VOX_256)},
    parts=(Part("generator", "generator"), Part("kp_detector", "kp_detector")),
    files=("G3FA.pth",),
)


def build(config: MethodConfig) -> NativeMethod:
    """Keypoint detector and rendering generator."""
    align_corners = flag(config, "align_corners")
    networks = load(CHECKPOINTS, config, lambda: Fnevr(VOX_256, align_corners=align_corners))
    return NativeMethod(MotionAnimator(networks, flag(config, "adapt_scale")), config, size=SIZE)
