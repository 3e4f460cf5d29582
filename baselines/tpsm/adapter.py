"""TPSM in evalkit. Relative motion is scaled by default, as the official code always does."""

from dataclasses import dataclass

from torch import Tensor

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import Animator, NativeMethod, Render
from baselines._shared.native.motion_field import MotionAnimator
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag
from baselines.tpsm.model import VOX_256, TpsEncoding, Tpsm, TpsmConfig
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

SIZE = 256


def networks(align_corners: bool, sizes: TpsmConfig = VOX_256) -> Tpsm:
    """All five networks of the official checkpoint."""
    return Tpsm(sizes, align_corners=align_corners)


NETWORKS = Networks(
    method="tpsm",
    variants={"vox": lambda: networks(align_corners=True)},
    parts=(
        Part("inpainting_network", "inpainting_network"),
        Part("kp_detector", "kp_detector"),
        Part("dense_motion_network", "dense_motion_network"),
        Part("avd_network", "avd_network", optional=True),
        Part("bg_predictor", "bg_predictor", optional=True),
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


@dataclass(frozen=True)
class BackgroundAnimator:
    """Absolute motion of the face, and of the background by `bg_predictor`, as in the official reconstruction mode."""

    model: Tpsm

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`. Raises `MethodError` for relative motion."""
        if initial is not None:
            raise MethodError("tpsm: background=predicted has no relative motion; use background=still.")
        source = self.model.read_source(sources)

        def render(frames: Tensor) -> Tensor:
            background = self.model.bg_predictor(sources.expand_as(frames), frames)
            return self.model.generate(source, self.model.read_motion(source, frames), background)[1].prediction

        return render


def build(config: MethodConfig, sizes: TpsmConfig = VOX_256, side: int = SIZE) -> NativeMethod:
    """The networks of one mode; other `sizes` and `side` (pixels) are for random weights."""
    align_corners, scale = flag(config, "align_corners"), flag(config, "adapt_scale")
    avd, moves = config.options["mode"] == "avd", config.options["background"] == "predicted"
    if avd and moves:
        raise MethodError("tpsm: mode=avd leaves the background where it is; use background=still.")
    model = load(NETWORKS, config, lambda: networks(align_corners, sizes))
    for needed, network, instead in (
        (avd, "avd_network", "mode=standard"),
        (moves, "bg_predictor", "background=still"),
    ):
        if needed and getattr(model, network) is None:
            raise MethodError(f"tpsm: this checkpoint has no {network}; use {instead}.")
    animator: Animator = MotionAnimator(model, scale)
    if avd:
        animator = avd_animator(model, scale)
    elif moves:
        animator = BackgroundAnimator(model)
    return NativeMethod(animator, config, size=side)


def avd_animator(model: Tpsm, adapt_scale: bool) -> AvdAnimator:
    """The animator of mode=avd; `model` has an `avd_network`."""

    def read(source: Source[TpsEncoding], frames: Tensor) -> Keypoints:
        keypoints: Keypoints = model.avd_network(source.keypoints, model.read_motion(source, frames))
        return keypoints

    return AvdAnimator(model, adapt_scale, read)
