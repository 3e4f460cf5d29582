"""face-vid2vid (the public re-implementation) in evalkit."""

from collections.abc import Mapping

from torch import Tensor

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod
from baselines._shared.native.motion_field import MotionAnimator
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag, number
from baselines.osfs.head_pose import FreeView
from baselines.osfs.model import VOX_256, VOX_256_BETA, VOX_256_SPADE, Osfs, OsfsConfig, OsfsEncoding
from evalkit.method.interface import MethodConfig

SIZE = 256
SIZES = {"spade": VOX_256_SPADE, "original": VOX_256, "beta": VOX_256_BETA}
"""Value of the option `generator` -> networks; "beta" has the original generator and a detector at full size."""

NETWORKS = Networks(
    method="osfs",
    variants={
        "spade": lambda: Osfs(VOX_256_SPADE),
        "original": lambda: Osfs(VOX_256),
        "beta": lambda: Osfs(VOX_256_BETA),
    },
    parts=(
        Part("generator", "generator"),
        Part("kp_detector", "kp_detector"),
        Part("he_estimator", "he_estimator"),
    ),
    files=("the .pth.tar of Vox-256-New (spade) or Vox-256-Beta (beta)",),
    choose=lambda options: options["generator"],
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig, sizes: Mapping[str, OsfsConfig] = SIZES, side: int = SIZE) -> NativeMethod:
    """Canonical keypoints, head pose and generator; the free view replaces the driving frames' angles.

    Other `sizes` and `side` (pixels) are for random weights.
    """
    variant, align_corners = NETWORKS.variant(config), flag(config, "align_corners")
    model = load(NETWORKS, config, lambda: Osfs(sizes[variant], align_corners=align_corners))
    view = FreeView(*(number(config, name) for name in ("yaw", "pitch", "roll")))
    return NativeMethod(animator(model, flag(config, "adapt_scale"), view), config, size=side)


def animator(model: Osfs, adapt_scale: bool, view: FreeView) -> MotionAnimator:
    """The animator that puts the angles of `view` in the place of the driving frames'."""

    def read(source: Source[OsfsEncoding], frames: Tensor) -> Keypoints:
        return model.read_motion(source, frames, view)

    return MotionAnimator(model, adapt_scale, read)
