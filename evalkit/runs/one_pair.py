"""One drawn pair through one method or two: to see that a method works, and how far two are from each other."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.errors import MethodError
from evalkit.method.checkpoints import with_checkpoint
from evalkit.method.external import locate
from evalkit.method.find import MethodEntry, build_method
from evalkit.method.generate import generate
from evalkit.method.interface import Closes, MethodConfig
from evalkit.protocol.rules import PairRule
from evalkit.protocol.schema import Protocol
from evalkit.types import Clip, Frames, Motion, Pair

SAME_LEVELS = 1
"""Most that a pixel may differ in implementations that only round differently."""
CODEC_MEAN, CODEC_MOST = 3.0, 64.0
"""Mean and 99.9 % of differences in grey levels that a lossy video of drawn heads stays below: H.264 with crf 10 to 25
and MPEG-4 (`python -m benchmarks.codec_loss`)."""
_COLUMNS = 5


@dataclass(frozen=True)
class Demo:
    """A pair on disk: the source's clip, the driving clip, and how it is animated."""

    pair: Pair
    protocol: Protocol


@dataclass(frozen=True)
class Difference:
    """How far two clips are from each other, in grey levels of 0..255.

    `mean` is over all values, 99.9 % of which do not differ by more than `most`; `frames` has the mean of each frame.
    """

    mean: float
    most: float
    largest: int
    frames: tuple[float, ...]

    @property
    def verdict(self) -> str:
        """In words."""
        if self.largest <= SAME_LEVELS:
            return f"the same: no value differs by more than {SAME_LEVELS} of 255"
        if self.mean <= CODEC_MEAN and self.most <= CODEC_MOST:
            return "close: as far apart as a lossy video takes them"
        return "different"


def demo_pair(folder: Path, frames: int, size: int, motion: Motion) -> Demo:
    """Draw two people, the second of whom drives, into `folder`."""
    clips = []
    for identity in (0, 1):
        path = folder / f"person{identity}.mkv"
        video.write_video(path, [render_clip(identity, identity, frames, size).frames], 25)
        clips.append(Clip(path.stem, path.stem, "clip", path))
    protocol = Protocol(
        id="one_pair",
        title="One pair",
        task="cross_reenactment",
        dataset="folder",
        pairs=PairRule(rule="all_cross_identity"),
        motion=motion,
        resolution=size,
        metrics=("l1",),
    )
    return Demo(Pair("person0--person1", clips[0], (0,), clips[1]), protocol)


def animate_demo(entry: MethodEntry, config: MethodConfig, demo: Demo, folder: Path) -> Path:
    """Animate a demo pair with a method into `folder`; returns the clip. Raises `EvalkitError`."""
    if demo.protocol.motion not in entry.card.motions:
        raise MethodError(f"{entry.card.id} has no {demo.protocol.motion} motion mode.")
    config = replace(with_checkpoint(entry, config), logs=folder / "logs")
    method, output = build_method(entry, config), folder / f"{entry.card.id}.mkv"
    try:
        generate(demo.pair, method, demo.protocol, output, config.seed, entry.world)
    finally:
        if isinstance(method, Closes):
            method.close()
    return output


def try_method(entry: MethodEntry, config: MethodConfig, folder: Path, frames: int = 16, size: int = 256) -> Path:
    """Animate one drawn pair into `folder`; returns a picture: source, and driving over generated frames."""
    demo = demo_pair(folder, frames, size, entry.card.motions[0])
    made = animate_demo(entry, config, demo, folder)
    source = video.read_frames(demo.pair.source.path, (0,))
    return _write_strip(folder / "frames.png", source[0], [_whole(demo.pair.driving.path), _whole(made)])


def compare_methods(
    entries: tuple[MethodEntry, MethodEntry],
    configs: tuple[MethodConfig, MethodConfig],
    folder: Path,
    frames: int = 16,
    size: int = 256,
    motion: Motion | None = None,
) -> tuple[Difference, Path]:
    """Animate one drawn pair with two methods; returns how far they are apart, and a picture.

    The picture has driving frames, those of either method, and four times their difference. `motion` is by default
    the first that both have. Raises `EvalkitError`.
    """
    shared = [mode for mode in entries[0].card.motions if mode in entries[1].card.motions]
    if not shared:
        raise MethodError(f"{entries[0].card.id} and {entries[1].card.id} have no motion mode in common.")
    for entry, config in zip(entries, configs, strict=True):
        if entry.card.external:
            locate(entry.card, config.options, entry.asked)  # a clone that is missing is told before the other one runs
    demo = demo_pair(folder, frames, size, motion or shared[0])
    sides = zip(entries, configs, ("a", "b"), strict=True)
    clips = [_whole(animate_demo(entry, config, demo, folder / side)) for entry, config, side in sides]
    apart = np.abs(clips[0].astype(np.int16) - clips[1].astype(np.int16))
    most = float(np.percentile(apart, 99.9))
    found = Difference(float(apart.mean()), most, int(apart.max()), tuple(float(frame.mean()) for frame in apart))
    rows = [_whole(demo.pair.driving.path), *clips, np.minimum(apart * 4, 255).astype(np.uint8)]
    source = video.read_frames(demo.pair.source.path, (0,))
    return found, _write_strip(folder / "frames.png", source[0], rows)


def _whole(path: Path) -> Frames:
    return np.concatenate(list(video.iter_frames(path)))


def _write_strip(path: Path, source: np.ndarray, rows: list[Frames]) -> Path:
    """Frames over each other, some of them in columns, with the source in the first."""
    chosen = np.linspace(0, len(rows[0]) - 1, min(_COLUMNS, len(rows[0]))).round().astype(int)
    blank = np.full_like(source, 255)
    first = [source, *[blank] * (len(rows) - 1)]
    lines = [np.concatenate([left, *row[chosen]], axis=1) for left, row in zip(first, rows, strict=True)]
    video.write_image(path, np.concatenate(lines, axis=0))
    return path
