"""What the work is done on: a drawn head, in memory and as files, and the features of its frames."""

from functools import cached_property
from pathlib import Path

import numpy as np

from evalkit.clips.video import write_image, write_video
from evalkit.clips.web_copy import write_browser_video
from evalkit.datasets.drawn import render_clip
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank, dependency_order
from evalkit.types import Features, Frames

SIDE, FRAMES = 256, 16
"""Most protocols score 256x256; as many frames as are decoded at a time, and as I3D sees in one window."""
_FPS = 25.0


class Material:
    """A clip of a drawn head, made when it is first asked for; files go into `folder`.

    Networks that can run on a GPU run on `device`.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        self.folder = folder
        self.bank = FeatureBank(FeatureCache(folder), device)
        self._features: dict[str, Features] = {}

    @cached_property
    def frames(self) -> Frames:
        """(FRAMES, SIDE, SIDE, 3) uint8 RGB."""
        return render_clip(0, 0, FRAMES, SIDE).frames

    @cached_property
    def generated(self) -> Frames:
        """The same, one frame late: what a metric compares with `frames`."""
        return np.roll(self.frames, 1, axis=0)

    def clip(self, kind: str) -> Path:
        """The clip as a file: `ffv1` without loss, `h264` as data sets come, `png` as a folder of pictures."""
        path = self.folder / {"ffv1": "clip.mkv", "h264": "clip.mp4", "png": "clip"}[kind]
        if path.exists():
            return path
        if kind == "ffv1":
            write_video(path, [self.frames], _FPS)
        elif kind == "h264":
            write_browser_video(path, [self.frames], _FPS)
        else:
            path.mkdir()
            for number, frame in enumerate(self.frames):
                write_image(path / f"{number:07d}.png", frame)
        return path

    def features(self, extractor: str) -> Features:
        """What an extractor says of `frames`; of a transient one of as many as it gives to a metric at a time."""
        if extractor not in self._features:
            few = self.frames[: seen_at_once(EXTRACTORS[extractor])]
            self._features[extractor] = self.bank.of_clip(few, [extractor])[extractor]
        return self._features[extractor]

    def extract(self, extractor: str) -> Features:
        """Run this one extractor on `frames`, a transient one on as many as it sees at a time; the rest is at hand."""
        entry = EXTRACTORS[extractor]
        if entry.hears:
            return self.bank.extract_heard(extractor, len(self.frames), [self.frames], None)
        if not entry.window:
            return self.bank.extract_clip(extractor, len(self.frames), [self.frames])
        upstream = {name: self.features(name) for name in dependency_order([extractor])[:-1]}
        return self.bank.extract(extractor, self.frames[: seen_at_once(entry)], upstream)


def seen_at_once(extractor: Extractor) -> int:
    """How many frames are given to an extractor: features of a transient one are too large for more."""
    return extractor.transient or FRAMES
