"""LivePortrait in evalkit: no crop, no paste-back, 512-pixel frames brought to the protocol's size.

Frames have no 203 landmarks here, so the mouth of the source is not closed first and eyes and lips are not retargeted.
"""

from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.driving import Region
from baselines.liveportrait.model import DrivingOptions, LivePortrait, decode, drive, encode_source
from baselines.liveportrait.motion import MotionExtractor, join_motions
from baselines.liveportrait.retargeting import Retargeting, released_retargeting
from baselines.liveportrait.spade import SpadeGenerator
from baselines.liveportrait.warping import WarpingModule
from baselines.native.load import load
from baselines.native.method import NativeMethod, Render
from baselines.native.networks import Networks, Part
from baselines.native.options import flag, number
from evalkit.adapter import MethodConfig

SIZE = 256


class Files(nn.Module):
    """The networks under names of the official files."""

    def __init__(self) -> None:
        super().__init__()
        small = released_retargeting()
        self.appearance_feature_extractor = AppearanceFeatureExtractor()
        self.motion_extractor = MotionExtractor()
        self.warping_module = WarpingModule()
        self.spade_generator = SpadeGenerator()
        self.retarget_shoulder, self.retarget_mouth, self.retarget_eye = small.stitching, small.lip, small.eye

    def together(self) -> LivePortrait:
        """The networks as the model takes them."""
        return LivePortrait(
            appearance=self.appearance_feature_extractor,
            motion=self.motion_extractor,
            warping=self.warping_module,
            generator=self.spade_generator,
            retargeting=Retargeting(self.retarget_shoulder, self.retarget_mouth, self.retarget_eye),
        )


def settle(network: nn.Module) -> None:
    """Random networks see faces of scale 1: relative motion divides by it."""
    nn.init.ones_(cast(nn.Linear, network.get_submodule("motion_extractor.detector.fc_scale")).bias)


BARE = ("appearance_feature_extractor", "motion_extractor", "warping_module", "spade_generator")
CHECKPOINTS = Networks(
    method="liveportrait",
    variants={"human": Files},
    parts=(
        *(Part(name, None) for name in BARE),
        *(Part(name, name) for name in ("retarget_shoulder", "retarget_mouth", "retarget_eye")),
    ),
    files=("the folder pretrained_weights/liveportrait (five .pth files)",),
    settle=settle,
)


@dataclass(frozen=True)
class LivePortraitAnimator:
    """Moves the source's keypoints, corrects them, decodes."""

    model: LivePortrait
    stitching: bool
    region: Region
    multiplier: float

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`."""
        source = encode_source(self.model, sources)
        start = None if initial is None else self.model.motion(initial)
        options = DrivingOptions(
            relative=start is not None, stitching=self.stitching, region=self.region, multiplier=self.multiplier
        )

        def render(frames: Tensor) -> Tensor:
            driving = self.model.motion(frames)
            moved = driving if start is None else join_motions([start, driving])
            return decode(self.model, source, drive(self.model, source, moved, options)[-len(frames) :])

        return render


def build(config: MethodConfig) -> NativeMethod:
    """All networks, with or without stitching."""
    multiplier = number(config, "multiplier")
    animator = LivePortraitAnimator(
        load(CHECKPOINTS, config, Files).together(),
        stitching=flag(config, "stitching"),
        region=cast(Region, config.options["region"]),
        multiplier=1.0 if multiplier is None else multiplier,
    )
    return NativeMethod(animator, config, size=SIZE)
