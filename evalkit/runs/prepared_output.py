"""An output brought to the frames of a protocol: frames chosen, cut to a part, resized.

An output that fits by itself is scored where it lies. Any other is written once more, without loss, into the run
folder, so that everything that looks at a run later sees the frames that were scored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.clips import video
from evalkit.clips.panels import Box, crop_box, squares
from evalkit.clips.resize import resized
from evalkit.errors import ScoreError, VideoError
from evalkit.protocol.schema import Protocol
from evalkit.records.output_rules import OutputRules
from evalkit.types import Frames, Pair, Rgb, Selection


@dataclass(frozen=True)
class Fitting:
    """An output that fits: `count` frames by `selection`, prepared by `rules` to `size` pixels square.

    `notes` are for a reader of its scores.
    """

    path: Path
    rules: OutputRules
    selection: Selection
    size: int
    count: int
    notes: tuple[str, ...] = ()

    def frames(self, rgb: Rgb, chunk: int = video.CHUNK) -> Iterator[Frames]:
        """The frames that are scored, (<= chunk, size, size, 3) uint8 RGB by a rule each.

        Raises `VideoError` as `iter_frames` does, and for frames without the part that is to be cut out.
        """
        for frames in video.iter_frames(self.path, replace(self.selection, rgb=rgb), chunk=chunk):
            left, top, right, bottom = _box(self.rules, frames.shape[2], frames.shape[1])
            part = frames[:, top:bottom, left:right]
            yield resized(part, self.size, self.rules.resize) if self.rules.resize else part


def fitting(path: Path, rules: OutputRules, pair: Pair, protocol: Protocol) -> Fitting:
    """The output of `pair`, prepared by `rules`.

    Raises `ScoreError` when it has not as many frames as the driving frames, or not the protocol's size; it names the
    option that helps. `VideoError` for an output that cannot be decoded.
    """
    _check_size(path, rules, protocol)
    there, wanted = video.count_frames(path), video.count_frames(pair.driving.path, protocol.selection)
    left = max(there - rules.skip_first, 0)
    if not rules.whole_clips:
        if left != wanted:
            advice = _advice_on_length(there, wanted, rules, pair, protocol)
            raise ScoreError(_misfit(path, left, wanted, rules, f"{wanted} driving frames of the protocol") + advice)
        return Fitting(path, rules, Selection(rules.skip_first, maximum=wanted), protocol.resolution, wanted)
    driving, whole = protocol.driving, video.count_frames(pair.driving.path)
    needed = driving.start + driving.stride * (wanted - 1) + 1
    if not needed <= left <= whole:
        advice = _ONE_MORE if left == whole + 1 and not rules.skip_first else ""
        raise ScoreError(_misfit(path, left, whole, rules, f"{whole} frames of the driving clip") + advice)
    notes = (f"it lacks the end of the driving clip ({left} of {whole} frames), which is not scored",)
    selection = Selection(rules.skip_first + driving.start, driving.stride, wanted)
    return Fitting(path, rules, selection, protocol.resolution, wanted, notes if left < whole else ())


_ONE_MORE = ". If its first frame is the source, add --skip-first 1."


def _misfit(path: Path, left: int, wanted: int, rules: OutputRules, of: str) -> str:
    kind = "long" if left > wanted else "short"
    after = f" after --skip-first {rules.skip_first}" if rules.skip_first else ""
    return f"{kind}: {path} has {left} frames{after} for the {of}"


def _advice_on_length(there: int, wanted: int, rules: OutputRules, pair: Pair, protocol: Protocol) -> str:
    """Which option makes an output of `there` frames fit, if one does."""
    if there == wanted + 1 and not rules.skip_first:
        return _ONE_MORE
    before = there - video.count_frames(pair.driving.path)
    options = {0: "--whole-clips", 1: "--whole-clips --skip-first 1"}
    if there <= wanted or before not in options:
        return ""
    first = " and the source before it" if before else ""
    return f". It looks like one frame for each frame of the driving clip{first}: add {options[before]}."


def _check_size(path: Path, rules: OutputRules, protocol: Protocol) -> None:
    width, height = video.frame_size(path)
    size = protocol.resolution
    try:
        left, top, right, bottom = _box(rules, width, height)
    except VideoError as error:
        raise ScoreError(f"wrong size: {path}: {error}") from error
    part = right - left, bottom - top
    if part == (size, size) or (rules.resize and part[0] == part[1]):
        return
    cut = f"{part[0]}x{part[1]} after --crop {rules.crop}" if rules.crop else f"{width}x{height}"
    raise ScoreError(
        f"wrong size: {path} is {cut}, {protocol.id} is scored at {size}x{size}. {_advice(part, rules, size)}"
    )


def _box(rules: OutputRules, width: int, height: int) -> Box:
    return crop_box(rules.crop, width, height) if rules.crop else (0, 0, width, height)


def _advice(part: tuple[int, int], rules: OutputRules, size: int) -> str:
    """Which option makes a picture of this size fit."""
    if part[0] == part[1]:
        return "Add --resize FILTER (bicubic is what driving frames are resized by)."
    number = squares(*part)
    if rules.crop or number == 1:
        then = "" if rules.resize else ", with --resize FILTER if that has another size"
        square = "Give --crop x,y,w,h of a square" if rules.crop else "Cut the result out with --crop x,y,w,h"
        return f"{square}{then}."
    then = "" if size in (part[1], part[1] - 4) or rules.resize else ", with --resize FILTER"
    names = {2: "--crop right-half (or left-half)", 3: "--crop right-third (or middle-third, left-third)"}
    many = f"--crop {number}/{number} (the last; 1/{number} is the first)"
    return f"It looks like {number} pictures side by side: cut the result out with {names.get(number, many)}{then}."
