"""Validation: people who are not trained on, in self-reenactment, by evalkit's own metrics at the network's size."""

from collections import Counter
from collections.abc import Sequence

from baselines._shared.native.batches import inference
from baselines._shared.native.pictures import to_frames, to_tensor
from baselines.sfd.adapter import SfdAnimator
from baselines.sfd.faces import read_faces, windows_of
from baselines.sfd.lab.training.corpus import Corpus
from baselines.sfd.lab.training.prepared import spaced
from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from evalkit.clips import video
from evalkit.metrics import find_metric
from evalkit.types import Frames

METRICS = ("l1", "psnr", "ssim")
"""Those that need no network, and thus next to no time."""
DRIVING_FRAMES = 4
CLIPS_PER_IDENTITY = 2


def validation_clips(corpus: Corpus, shape: Shape) -> list[Frames]:
    """The held-out clips: of each the first frame and up to `DRIVING_FRAMES` others, as the network sees them:
    (T, size, size, 3) uint8.

    The first clips of every identity; clips of a single frame are skipped.
    """
    windows = windows_of(shape)
    clips: list[Frames] = []
    taken = Counter[str]()
    for clip in corpus.held_out:
        length = video.count_frames(clip.path)
        if length > 1 and taken[clip.identity] < CLIPS_PER_IDENTITY:
            taken[clip.identity] += 1
            indices = spaced(length, 1 + DRIVING_FRAMES)
            clips.append(read_faces(clip.path, indices, windows.of_clip(clip.path), shape.size))
    return clips


def validate(model: SFD, clips: Sequence[Frames], device: str) -> dict[str, float]:
    """Animate each clip from its first frame; "validation/<metric>", mean within clips, then over clips.

    Draws no random number and leaves the model as it is.

    Args:
        model: in evaluation mode.
        clips: of `validation_clips`; nothing is measured without any.
        device: of the model.
    """
    if not clips:
        return {}
    pairs = [(_animated(model, clip, device), clip[1:]) for clip in clips]
    means = {}
    for name in METRICS:
        function = find_metric(name).function
        values = [float(function(generated, driving).mean()) for generated, driving in pairs]
        means[f"validation/{name}"] = sum(values) / len(values)
    return means


def _animated(model: SFD, clip: Frames, device: str) -> Frames:
    """What evalkit would get from the method for the window alone: (T - 1, size, size, 3) uint8."""
    size = clip.shape[1]
    with inference():
        images = to_tensor(clip, size).to(device)
        generated = SfdAnimator(model).begin(images[:1], None)(images[1:])
        return video.to_uint8(to_frames(generated, size))
