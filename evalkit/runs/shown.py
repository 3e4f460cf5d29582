"""Finished runs of one protocol beside the clips they were made from, for figures and videos that show them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.base.digests import Digests
from evalkit.clips import video
from evalkit.errors import EvalkitError, RunError, UnknownNameError, VideoError
from evalkit.figures.from_runs import frame_values
from evalkit.figures.grid import Picture
from evalkit.figures.options import PairOptions
from evalkit.protocol.schema import Protocol
from evalkit.records.clip_scores import read_clips
from evalkit.records.run import read_header
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.find_clips import find_pairs, protocol_of
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured, find_row, read_measured, refuse_unlike
from evalkit.tables.rows import chosen, matching
from evalkit.types import Pair, Selection


@dataclass(frozen=True)
class ShownRun:
    """A finished run and what tables say of it."""

    path: Path
    measured: Measured

    @property
    def folder(self) -> RunFolder:
        """Its files."""
        return RunFolder(self.path)


@dataclass(frozen=True)
class Shown:
    """Runs of one protocol and its pairs; `decides` is the run by whose values of `metric` pairs are chosen."""

    protocol: Protocol
    runs: tuple[ShownRun, ...]
    pairs: Mapping[str, Pair]
    decides: ShownRun
    metric: str

    @property
    def lower_is_better(self) -> bool:
        """Of the metric."""
        return self.decides.measured.summary.metrics[self.metric].better == "lower"


def open_runs(paths: Sequence[Path], data: Path | None, options: PairOptions) -> Shown:
    """The runs that are to be shown, with their pairs; `data` is where the clips are, if not where they were.

    Raises `RunError` for runs that cannot share a table, and where the clips cannot be found, `UnknownNameError` for a
    method or metric that is not there.
    """
    if not paths:
        raise RunError("A figure needs at least one run folder.")
    results = [read_measured(path) for path in paths]
    refuse_unlike(results)
    results = chosen(results, TableOptions(rename=options.rename))
    runs = tuple(ShownRun(path, one) for path, one in zip(paths, results, strict=True))
    shown = tuple(run for run in runs if options.anchors or not run.measured.anchor)
    if not shown:
        raise RunError("All runs are anchors. Add --anchors to show them.")
    title = find_row([run.measured for run in shown], options.of) if options.of else shown[-1].measured.title
    decides = next(run for run in shown if run.measured.title == title)
    header = read_header(paths[0])
    pairs, absent = find_pairs(header, data)
    if absent:
        raise RunError(f"{paths[0]}: its clips cannot be shown, {absent}")
    return Shown(protocol_of(header), shown, pairs, decides, _metric(options.metric, decides))


def _metric(name: str, run: ShownRun) -> str:
    clips = read_clips(run.folder.clips, ("metric",)).column("metric").unique().to_pylist()
    keys = [key for key in run.measured.summary.metrics if key in clips]
    found = matching(name, keys) if name else keys
    if not found:
        raise UnknownNameError(f"metric with a value per pair in {run.path}", name, keys)
    return found[0]


def chosen_pairs(shown: Shown, options: PairOptions) -> list[tuple[str, Pair]]:
    """(label, pair) for every pair to show. Raises `UnknownNameError`, and `RunError` where there are too few."""
    if options.pairs:
        for name in options.pairs:
            if name not in shown.pairs:
                raise UnknownNameError("pair", name, shown.pairs)
        return [(name, shown.pairs[name]) for name in options.pairs]
    ranked = _worst_first(shown)
    draw = random.Random(options.seed)
    found: list[tuple[str, Pair]] = []
    for choice in options.choose:
        left = [name for name in ranked if all(name != pair.id for _, pair in found)]
        if not left:
            raise RunError(f"More pairs are asked for than have a value of {shown.metric}: {len(ranked)}.")

        place = {"worst": 0, "median": len(left) // 2, "best": -1, "random": draw.randrange(len(left))}[choice]
        found.append((choice, shown.pairs[left[place]]))
    return found


def _worst_first(shown: Shown) -> list[str]:
    table = read_clips(shown.decides.folder.clips, ("pair", "metric", "mean")).to_pylist()
    means = {row["pair"]: row["mean"] for row in table if row["metric"] == shown.metric and row["pair"] in shown.pairs}
    there = [pair for pair, mean in means.items() if mean is not None and np.isfinite(mean)]
    return sorted(there, key=lambda pair: (-means[pair] if shown.lower_is_better else means[pair], pair))


def frame_of(shown: Shown, pair: Pair, rule: str) -> int:
    """The generated frame that a rule of `GridOptions.frames` means. Raises `RunError` for one that is not there."""
    outcomes = [run.folder.read_outcome(pair.id) for run in shown.runs]
    count = max((outcome.frames for outcome in outcomes if outcome), default=0)
    driving = shown.protocol.selection
    if rule == "middle":
        index = count // 2
    elif rule in ("worst", "best"):
        values = frame_values(shown.decides.path, shown.metric, pair.id)
        signed = values if (rule == "worst") == shown.lower_is_better else -values
        index = int(np.nanargmax(signed)) if np.isfinite(values).any() else count // 2
    else:
        seconds = rule.endswith("s")
        try:
            number = float(rule.removesuffix("s"))
        except ValueError:
            raise RunError(f"frame {rule!r}: expected a number, a time such as 1.2s, middle, worst or best.") from None
        place = (number * video.frame_rate(pair.driving.path) - driving.start) / driving.stride
        index = round(place) if seconds else int(number)
    if not 0 <= index < count:
        raise RunError(f"The pair {pair.id} has no frame {rule}: {count} frames were generated, from 0 on.")
    return index


@dataclass(frozen=True)
class PairClips:
    """The clips of one pair, checked to be what was scored; where one cannot be shown, the word that says why."""

    pair: Pair
    protocol: Protocol
    generated: tuple[Path | str, ...]

    def source(self) -> Picture:
        """The first source frame at the protocol's size."""
        frames = self.pair.source_frames[:1]
        size, rgb = self.protocol.resolution, self.protocol.rgb
        return np.asarray(video.read_frames(self.pair.source.path, frames, size=size, rgb=rgb)[0])

    def at(self, index: int) -> tuple[Picture, list[Picture | str]]:
        """The driving frame and the generated ones at one moment."""
        size, rgb, rule = self.protocol.resolution, self.protocol.rgb, self.protocol.selection
        place = rule.start + rule.stride * index
        driving = video.read_frames(self.pair.driving.path, [place], size=size, rgb=rgb)[0]
        return driving, [
            clip if isinstance(clip, str) else video.read_frames(clip, [index], size=size, rgb=rgb)[0]
            for clip in self.generated
        ]

    def truth(self, index: int) -> Picture | None:
        """The true frame at one moment; None where the protocol does not compare with it."""
        if self.pair.truth is None:
            return None
        size, rgb, rule = self.protocol.resolution, self.protocol.rgb, self.protocol.selection
        return np.asarray(video.read_frames(self.pair.truth, [rule.start + rule.stride * index], size=size, rgb=rgb)[0])

    def all(self) -> Iterator[tuple[Picture, list[Picture | str]]]:
        """The same at every moment."""
        rule = self.protocol.selection
        shown = Selection(size=rule.size, rgb=rule.rgb)
        streams = [clip if isinstance(clip, str) else _frames(clip, shown) for clip in self.generated]
        for driving in _frames(self.pair.driving.path, rule):
            yield driving, [one if isinstance(one, str) else next(one, "ended") for one in streams]


def clips_of(shown: Shown, pair: Pair) -> PairClips:
    """The clips of a pair. Raises `RunError` when the source or driving clip is not the one that was scored."""
    digests = Digests()
    generated: list[Path | str] = []
    for run in shown.runs:
        outcome = run.folder.read_outcome(pair.id)
        generated.append(_generated(run.folder, outcome, digests))
        for path, digest in (
            (pair.source.path, outcome and outcome.source_sha256),
            (pair.driving.path, outcome and outcome.driving_sha256),
            (pair.truth, outcome and outcome.truth_sha256),
        ):
            if path and digest and digests.of(path) != digest:
                raise RunError(f"{path} is not the clip that was scored. Give --data with the data of the run.")
    return PairClips(pair, shown.protocol, tuple(generated))


def _generated(folder: RunFolder, outcome: Outcome | None, digests: Digests) -> Path | str:
    if outcome is None:
        return "not run"
    if outcome.status == "failed" or not outcome.generated:
        return "failed"
    try:
        path = folder.clip(outcome)
        return path if digests.of(path) == outcome.generated_sha256 else "changed"
    except (OSError, EvalkitError):
        return "missing"


def _frames(path: Path, rule: Selection) -> Iterator[Picture]:
    try:
        for chunk in video.iter_frames(path, rule):
            yield from chunk
    except VideoError as error:
        raise RunError(str(error)) from error
