"""LivePortrait in evalkit: 512-pixel frames resized to the protocol's size; crops and paste-back are options.

Closing the source's mouth first and retargeting eyes and lips need 203 landmarks, whose network is optional.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag, number
from baselines._shared.native.speedups import untraced
from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.cropping import CroppingMethod, Crops
from baselines.liveportrait.driving import Region
from baselines.liveportrait.landmarks import Read, landmark_reader
from baselines.liveportrait.model import DrivingOptions, LivePortrait, decode, driver, encode_source
from baselines.liveportrait.motion import MotionExtractor
from baselines.liveportrait.retargeting import Openings, Retargeting, measure_openings, released_retargeting
from baselines.liveportrait.spade import SpadeGenerator
from baselines.liveportrait.warping import WarpingModule
from evalkit.method.interface import Method, MethodConfig

SIZE = 256


class Files(nn.Module):
    """The networks under names of the official files; what is not given has the size of the released model."""

    def __init__(
        self,
        appearance: AppearanceFeatureExtractor | None = None,
        warping: WarpingModule | None = None,
        generator: SpadeGenerator | None = None,
    ) -> None:
        super().__init__()
        small = released_retargeting()
        self.appearance_feature_extractor = appearance or AppearanceFeatureExtractor()
        self.motion_extractor = MotionExtractor()
        self.warping_module = warping or WarpingModule()
        self.spade_generator = generator or SpadeGenerator()
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
NETWORKS = Networks(
    method="liveportrait",
    variants={"human": Files},
    parts=(
        *(Part(name, None) for name in BARE),
        *(Part(name, name) for name in ("retarget_shoulder", "retarget_mouth", "retarget_eye")),
    ),
    files=("the folder pretrained_weights/liveportrait (five .pth files)",),
    settle=settle,
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


@dataclass(frozen=True)
class LivePortraitAnimator:
    """Moves the source's keypoints, corrects them, decodes."""

    model: LivePortrait
    options: DrivingOptions
    landmarks: Read | None

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`."""
        source = encode_source(self.model, sources, self._openings(sources))
        start = None if initial is None else self.model.motion(initial)
        drive = driver(self.model, source, start, self.options)
        retargets = self.options.retarget_eyes or self.options.retarget_lip

        def render(frames: Tensor) -> Tensor:
            openings = self._openings(frames) if retargets else None
            return decode(self.model, source, drive(self.model.motion(frames), openings))

        return render

    def _openings(self, images: Tensor) -> Openings | None:
        return measure_openings(self.landmarks(images)) if self.landmarks else None


def build(config: MethodConfig, make: Callable[[], Files] = Files, side: int = SIZE) -> Method:
    """All networks, and the landmark network where an option needs it.

    Another `make` is for random weights; the networks work at any `side` (pixels).
    """
    multiplier = number(config, "multiplier")
    options = DrivingOptions(
        stitching=flag(config, "stitching"),
        region=cast(Region, config.options["region"]),
        multiplier=1.0 if multiplier is None else multiplier,
        normalize_lip=flag(config, "normalize_lip"),
        retarget_eyes=flag(config, "retarget_eyes"),
        retarget_lip=flag(config, "retarget_lip"),
    )
    measured = options.normalize_lip or options.retarget_eyes or options.retarget_lip
    model = load(NETWORKS, config, make).together()
    animator = LivePortraitAnimator(model, options, untraced(landmark_reader(), config) if measured else None)
    method = NativeMethod(animator, config, size=side)
    source, driving = cast(Crops, config.options["crop"]), flag(config, "crop_driving")
    return CroppingMethod(method, source, driving) if source != "no" or driving else method
