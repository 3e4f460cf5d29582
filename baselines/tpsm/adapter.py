"""TPSM in evalkit. Relative motion is scaled by default, as the official code always does."""

from torch import Tensor

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.motion_field import MotionAnimator
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag
from baselines.tpsm.model import VOX_256, TpsEncoding, Tpsm, TpsmConfig
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

SIZE = 256


def networks(align_corners: bool, sizes: TpsmConfig = VOX_256) -> Tpsm:
    """What the official demo uses: everything but the background predictor."""
    model = Tpsm(sizes, align_corners=align_corners)
    del model.bg_predictor
    return model


NETWORKS = Networks(
    method="tpsm",
    variants={"vox": lambda: networks(align_corners=True)},
    parts=(
        Part("inpainting_network", "inpainting_network"),
        Part("kp_detector", "kp_detector"),
        Part("dense_motion_network", "dense_motion_network"),
        Part("avd_network", "avd_network", optional=True),
    ),
    files=("vox.pth.tar",),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


class AvdAnimator(MotionAnimator):
    """Absolute motion through the network that keeps the source's identity in the driving keypoints."""

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`. Raises `MethodError` for relative motion, which this mode replaces."""
        if initial is not None:
            raise MethodError("tpsm: mode=avd has no relative motion; use mode=standard.")
        return super().begin(sources, initial)


def build(config: MethodConfig, sizes: TpsmConfig = VOX_256, side: int = SIZE) -> NativeMethod:
    """The networks of one mode; other `sizes` and `side` (pixels) are for random weights."""
    align_corners, scale = flag(config, "align_corners"), flag(config, "adapt_scale")
    model = load(NETWORKS, config, lambda: networks(align_corners, sizes))
    if config.options["mode"] == "standard":
        return NativeMethod(MotionAnimator(model, scale), config, size=side)
    if model.avd_network is None:
        raise MethodError("tpsm: this checkpoint has no avd_network; use mode=standard.")
    return NativeMethod(avd_animator(model, scale), config, size=side)


def avd_animator(model: Tpsm, adapt_scale: bool) -> AvdAnimator:
    """The animator of mode=avd; `model` has an `avd_network`."""

    def read(source: Source[TpsEncoding], frames: Tensor) -> Keypoints:
        keypoints: Keypoints = model.avd_network(source.keypoints, model.read_motion(source, frames))
        return keypoints

    return AvdAnimator(model, adapt_scale, read)
