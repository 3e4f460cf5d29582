"""Groups of driving frames: by the driver's pose, the amount of motion, the gap of pose, the place in the clip, or by
an attribute of the clips out of a CSV file.

Bounds are fixed, not quantiles, so that a group means the same for any data. Pose is MediaPipe's where it is at hand,
else fitted to dlib's landmarks; angles are absolute, so that "30 to 45" is to either side.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from evalkit.base.csvfile import read_rows
from evalkit.clips import video
from evalkit.errors import DatasetError, RunError, UnknownNameError
from evalkit.protocol.schema import Protocol
from evalkit.scoring.availability import missing_networks
from evalkit.scoring.features import FeatureBank
from evalkit.types import Features, Pair, Values

SOURCE = "source."
"""Before the name of an attribute: that of the source clip, not of the driving clip."""
NO_FACE, NOT_STATED = "no face", "not stated"


@dataclass(frozen=True)
class Grouping:
    """Pair -> (T,) names of the groups of its driving frames; `order` has all names, as they are to be printed."""

    order: tuple[str, ...]
    of_pair: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Clips:
    """Where driving and source frames are looked at: a protocol and the networks and cache to do it with."""

    protocol: Protocol
    bank: FeatureBank

    def driving(self, pair: Pair, extractor: str) -> Features:
        """Features of the driving frames that the protocol takes. Raises `RunError` where the network is missing."""
        _check(extractor)
        found = self.bank.collect(pair.driving.path, self.protocol.selection, [extractor])
        if found.missing:
            for chunk in video.iter_frames(pair.driving.path, self.protocol.selection):
                found.feed(chunk)
        return found.finish()[extractor]

    def source(self, pair: Pair, extractor: str) -> Features:
        """Features of the first source frame."""
        frames, size = pair.source_frames[:1], self.protocol.resolution
        return self.bank.of_frames(pair.source.path, frames, size, [extractor], self.protocol.rgb)[extractor]


Measure = Callable[[Pair, int, Clips], Values]
"""(pair, number of driving frames, clips) -> a number for every driving frame, NaN where there is no face."""


@dataclass(frozen=True)
class Bins:
    """Groups by a number: `words` with a place for the range, the bounds between groups, how the number is measured."""

    words: str
    bounds: tuple[float, ...]
    measure: Measure

    @property
    def names(self) -> tuple[str, ...]:
        """The groups from the lowest to the highest."""
        inner = [f"{low:g} to {high:g}" for low, high in zip(self.bounds, self.bounds[1:], strict=False)]
        return tuple(
            self.words.format(part) for part in (f"below {self.bounds[0]:g}", *inner, f"from {self.bounds[-1]:g}")
        )

    def named(self, values: Values) -> tuple[str, ...]:
        """(T,) the group of each number."""
        names = self.names
        return tuple(
            names[place] if np.isfinite(value) else NO_FACE
            for place, value in zip(np.digitize(values, self.bounds), values, strict=True)
        )


def turn(one: Values, other: Values) -> Values:
    """(T,) angle in degrees of the rotation that leads from one of (T, 3, 3) to the other."""
    trace = np.einsum("tij,tij->t", one, other)
    return np.asarray(np.rad2deg(np.arccos(np.clip((trace - 1) / 2, -1, 1))))


def _angle(pair: Pair, frames: int, clips: Clips, column: int) -> Values:
    return np.abs(np.rad2deg(clips.driving(pair, _pose())["angles"][:, column]))


def _pose_gap(pair: Pair, frames: int, clips: Clips) -> Values:
    first = clips.driving(pair, _pose())["rotation"][:1]
    return np.repeat(turn(first, clips.source(pair, _pose())["rotation"]), frames)


def _motion(pair: Pair, frames: int, clips: Clips) -> Values:
    flow = clips.driving(pair, "dis_flow")["motion"]
    return np.full(frames, 100 * flow.sum() / max(len(flow) - 1, 1) / clips.protocol.resolution)


def _position(pair: Pair, frames: int, clips: Clips) -> Values:
    return 100 * np.arange(frames) / frames


BINS = {
    "yaw": Bins("yaw {} degrees", (15, 30, 45), partial(_angle, column=0)),
    "pitch": Bins("pitch {} degrees", (10, 20), partial(_angle, column=1)),
    "roll": Bins("roll {} degrees", (10, 20), partial(_angle, column=2)),
    "pose_gap": Bins("source and first driving frame {} degrees apart", (10, 20, 40), _pose_gap),
    "motion": Bins("motion per frame {} % of the side", (0.1, 0.2, 0.5), _motion),
    "position": Bins("{} % of the clip", (25, 50, 75), _position),
}


def read_attributes(path: Path) -> dict[str, dict[str, str]]:
    """Attribute -> clip -> value, of a CSV file with the columns clip, attribute, value.

    Raises `DatasetError` for another file, and for a clip with two values of an attribute.
    """
    found: dict[str, dict[str, str]] = {}
    for row in read_rows(path, ("clip", "attribute", "value"), DatasetError):
        values = found.setdefault(row.text("attribute"), {})
        if values.setdefault(row.text("clip"), row.text("value")) != row.text("value"):
            raise row.wrong("value", f"{values[row.text('clip')]!r}, as the clip has it above")
    return found


def grouped(
    by: str, lengths: Mapping[Pair, int], clips: Clips, attributes: Mapping[str, Mapping[str, str]]
) -> Grouping:
    """The groups of the driving frames of pairs, of which there are `lengths`.

    `by` is one of `BINS` or of `attributes`; those of the source clip have `source.` before their name. Raises
    `UnknownNameError` for another one, `RunError` where the network for it is missing.
    """
    if by in BINS:
        bins = BINS[by]
        names = {pair.id: bins.named(bins.measure(pair, frames, clips)) for pair, frames in lengths.items()}
        return Grouping((*bins.names, NO_FACE), names)
    values = attributes.get(by.removeprefix(SOURCE))
    if values is None:
        raise UnknownNameError("grouping", by, [*BINS, *attributes, *(f"{SOURCE}{name}" for name in attributes)])
    side = {pair: pair.source if by.startswith(SOURCE) else pair.driving for pair in lengths}
    found = {pair.id: (f"{by} {values.get(side[pair].id, NOT_STATED)}",) * frames for pair, frames in lengths.items()}
    rest = f"{by} {NOT_STATED}"
    return Grouping((*sorted({names[0] for names in found.values() if names} - {rest}), rest), found)


def _pose() -> str:
    return "landmark_pose" if missing_networks(["mediapipe478"]) else "mediapipe478"


def _check(extractor: str) -> None:
    if why := missing_networks([extractor]):
        raise RunError(f"The frames cannot be grouped this way here. {why}")
