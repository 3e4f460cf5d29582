"""Animate the source by its 68 landmarks: track the driver, move the source's landmarks, warp, paint mouth and lids.

Absolute and relative motion are defined in `pose.py` (head) and `expression.py` (face). Of several sources the one
whose head pose is nearest to the first driving pose is warped (the first with a face when the driver has none).
Driving frames without a face keep the motion of the frame before; leading ones leave the source as it is. The driving
clip is read once, chunk by chunk, before the first frame is generated; only its landmarks are kept (about 1 kB a
frame).
"""

from collections.abc import Iterator

import numpy as np

from baselines.landmark_warp.eyes import paint_lids
from baselines.landmark_warp.motion import iter_moved, place_source, usable
from baselines.landmark_warp.mouth import MouthPainter
from baselines.landmark_warp.pose import turn_between
from baselines.landmark_warp.sample import Sampler
from baselines.landmark_warp.track import Track, pose_track, track_clip
from baselines.landmark_warp.warp import GridWarp
from evalkit.errors import MethodError
from evalkit.extractors import dlib68
from evalkit.extractors.any_size import Locate, locate_points
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Features, Frames, Motion

_CHUNK = 16


class LandmarkWarp:
    """Classical reenactment by landmarks."""

    def __init__(self, locate: Locate) -> None:
        self._locate = locate

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[Frames]:
        """Yield (t, size, size, 3) uint8, one frame per driving frame; `MethodError` when no source shows a face."""
        leading, track = track_clip(driving, self._locate)
        frame, landmarks = self._choose_source(sources, track)
        for start in range(0, leading, _CHUNK):
            yield np.repeat(frame[None], min(_CHUNK, leading - start), axis=0)
        if track is not None:
            yield from _in_chunks(_animate(frame, landmarks, track, motion))

    def _choose_source(self, sources: Frames, driving: Track | None) -> tuple[Frames, Track]:
        points = locate_points(sources, self._locate)
        found = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
        if not len(found):
            raise MethodError(
                f"landmark_warp: no face found in the {len(sources)} source image(s); use one that shows a face."
            )
        tracks = [pose_track(points[i : i + 1]) for i in found]
        best = 0
        if driving is not None:
            best = int(np.argmin([turn_between(driving.rotation[0], t.rotation[0]) for t in tracks]))
        return sources[found[best]], tracks[best]


def build(config: MethodConfig) -> LandmarkWarp:
    """The landmark predictor is the only thing loaded."""
    extract = dlib68.load()

    def locate(frames: Frames) -> Features:
        return extract(frames, {})

    return LandmarkWarp(locate)


def _animate(source: Frames, landmarks: Track, driving: Track, motion: Motion) -> Iterator[Frames]:
    size = source.shape[0]
    warp, sampler = GridWarp(place_source(landmarks, size), usable(landmarks, size), size), Sampler(source)
    mouth = MouthPainter(sampler, landmarks.points[0])
    for moved in iter_moved(landmarks, driving, motion, size):
        picture = sampler(warp.backward_map(moved.points))
        mouth.paint(picture, moved.points[:68])
        paint_lids(picture, moved.points[:68], moved.eyes)
        yield np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _in_chunks(frames: Iterator[Frames]) -> Iterator[Frames]:
    batch: list[Frames] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == _CHUNK:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
