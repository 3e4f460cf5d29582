"""What raters see of a scene: source picture, driving clip, every method's clip, and for checks a ruined one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.clips import video
from evalkit.clips.web_copy import write_browser_video
from evalkit.study.entrants import Candidate, Entrants
from evalkit.study.folder import Scene
from evalkit.types import Frames

_BLOCKS = 10


@dataclass(frozen=True)
class Medium:
    """A file of the page, and how to write it."""

    name: str
    write: Callable[[Path], object]


def scene_media(scene: Scene, entrants: Entrants, candidate: Candidate, fps: float | None = None) -> list[Medium]:
    """The media of a scene. All clips play at `fps` (default: what the driving clip says, over the stride)."""
    pair, protocol = candidate.pair, entrants.protocol
    rate = fps or video.frame_rate(pair.driving.path) / protocol.driving.stride

    def still(path: Path) -> None:
        first = video.read_frames(pair.source.path, pair.source_frames[:1], size=protocol.resolution, rgb=protocol.rgb)
        video.write_image(path, first[0])

    def moving(name: str, frames: Callable[[], Iterable[Frames]]) -> Medium:
        return Medium(name, lambda path: write_browser_video(path, frames(), rate))

    def of(clip: Path) -> Callable[[], Iterable[Frames]]:
        return lambda: video.iter_frames(clip, protocol.whole)

    clips = [moving(name, of(candidate.clips[method])) for method, name in scene.clips.items()]
    driving = moving(scene.driving, lambda: video.iter_frames(pair.driving.path, protocol.selection))
    media = [Medium(scene.source, still), driving, *clips]
    if scene.ruined is not None:
        intact = of(candidate.clips[next(iter(scene.clips))])
        media.append(moving(scene.ruined, lambda: map(mosaic, intact())))
    return media


def mosaic(frames: Frames) -> Frames:
    """(T, H, W, 3) uint8 RGB as coarse blocks, `_BLOCKS` across: worse than any clip it is compared with."""
    side = -(-min(frames.shape[1:3]) // _BLOCKS)
    coarse = frames[:, ::side, ::side].repeat(side, axis=1).repeat(side, axis=2)
    return np.ascontiguousarray(coarse[:, : frames.shape[1], : frames.shape[2]])
