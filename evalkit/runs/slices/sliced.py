"""The results of runs over groups of their frames, each with its own people, coverage and intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets import DATASETS
from evalkit.errors import RunError
from evalkit.metrics import METRICS
from evalkit.records.all_outcomes import read_outcomes
from evalkit.records.frame_scores import FrameScores, read_frames
from evalkit.records.run import PairCounts, read_header
from evalkit.records.run_folder import RunFolder
from evalkit.runs.aggregate import ClipScore, clip_score, summarise
from evalkit.runs.find_clips import find_pairs, protocol_of
from evalkit.runs.slices.conditions import BINS, SOURCE, Clips, grouped
from evalkit.scoring.features import FeatureBank
from evalkit.tables.results import Measured, read_measured
from evalkit.types import Pair


@dataclass(frozen=True)
class Slice:
    """A group of frames: its name, how many of all, the results of the runs over it, and their clip scores by run."""

    name: str
    frames: int
    of: int
    results: tuple[Measured, ...]
    clips: tuple[tuple[ClipScore, ...], ...]

    @property
    def heading(self) -> str:
        """Words for above a table."""
        return f"{self.name[:1].upper()}{self.name[1:]}: {self.frames} of {self.of} driving frames"


def sliced(
    folders: Sequence[Path],
    by: str,
    bank: FeatureBank,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    data: Path | None = None,
) -> list[Slice]:
    """The results of finished runs of one protocol over each group of frames that is not empty, in the order of groups.

    Metrics of sets (FID) have no value for a frame and are left out. `data` is where the clips are, if not where they
    were. `attributes` of clips go before those that came with the dataset. Raises `RunError` when runs have other
    pairs, or driving clips are missing or not those of the run, and `UnknownNameError` for an unknown grouping.
    """
    results = [read_measured(folder) for folder in folders]
    if len({(one.summary.protocol_hash, one.summary.data_hash) for one in results}) > 1:
        raise RunError("Groups of frames can be compared between runs of one protocol over the same clips only.")
    runs = [_Run(folder, data) for folder in folders]
    lengths = {pair: frames for run in runs for pair, frames in run.lengths.items()}
    runs[0].check(lengths, bank)
    groups = grouped(by, lengths, Clips(runs[0].protocol, bank), _labels(folders[0], by, attributes or {}, data))
    total = sum(lengths.values())
    found = []
    for name in groups.order:
        masks = {pair: np.array(groups.of_pair[pair.id]) == name for pair in lengths}
        if frames := sum(int(mask.sum()) for mask in masks.values()):
            clips = [run.within({pair: mask for pair, mask in masks.items() if mask.any()}) for run in runs]
            measured = [_only(one, run, part, name) for one, run, part in zip(results, runs, clips, strict=True)]
            found.append(Slice(name, frames, total, tuple(measured), tuple(map(tuple, clips))))
    return found


def _labels(
    folder: Path, by: str, given: Mapping[str, Mapping[str, str]], data: Path | None
) -> Mapping[str, Mapping[str, str]]:
    """`given`, and where that lacks the attribute asked for, those that came with the run's dataset as well."""
    if by in BINS or by.removeprefix(SOURCE) in given:
        return given
    header = read_header(folder)
    dataset = DATASETS[header.protocol.dataset]
    root = data or (Path(header.data) if header.data else None)
    return {**(dataset.labels(root) if dataset.labels and root else {}), **given}


class _Run:
    """The pairs, outcomes and frame scores of a finished run."""

    def __init__(self, path: Path, data: Path | None) -> None:
        self.folder, header = RunFolder(path), read_header(path)
        self.protocol = protocol_of(header)
        pairs, why = find_pairs(header, data)
        self.scores: dict[str, dict[str, FrameScores]] = {}
        for scores in read_frames(self.folder.frames):
            self.scores.setdefault(scores.metric, {})[scores.pair] = scores
        outcomes = read_outcomes(self.folder)
        self.outcomes = {pair.id: outcomes[pair.id] for pair in pairs.values() if pair.id in outcomes}
        if why or not self.outcomes:
            raise RunError(f"{path}: its driving clips cannot be found: {why or 'none of its pairs is in the data'}")
        self.lengths = {pairs[name]: outcome.frames for name, outcome in self.outcomes.items() if outcome.frames}

    def check(self, pairs: Mapping[Pair, int], bank: FeatureBank) -> None:
        """Raise `RunError` for a driving clip that is not the one the run was made with."""
        for pair in pairs:
            outcome = self.outcomes.get(pair.id)
            if outcome and outcome.driving_sha256 not in (None, bank.digest(pair.driving.path)):
                raise RunError(f"{pair.driving.path} is not the clip that {self.folder.path} was made with.")

    def within(self, masks: Mapping[Pair, NDArray[np.bool_]]) -> list[ClipScore]:
        """Scores of every metric over the frames that `masks` take of each pair."""
        return [
            clip_score(pair, key, self.outcomes[pair.id], _part(by_pair.get(pair.id), mask))
            for key, by_pair in self.scores.items()
            if key in METRICS
            for pair, mask in masks.items()
            if pair.id in self.outcomes
        ]


def _part(scores: FrameScores | None, mask: NDArray[np.bool_]) -> FrameScores | None:
    if scores is None:
        return None
    statuses = tuple(status for status, taken in zip(scores.statuses, mask, strict=True) if taken)
    return replace(scores, values=scores.values[mask], statuses=statuses)


def _only(measured: Measured, run: _Run, clips: Sequence[ClipScore], name: str) -> Measured:
    """A result with the metrics over a group; its signatures name the group."""
    known = measured.summary.metrics
    entries = {
        key: summarise(
            METRICS[key], run.protocol, [c for c in clips if c.metric == key], f"{known[key].signature}|{name}"
        )
        for key in run.scores
        if key in METRICS and key in known
    }
    pairs = {clip.pair for clip in clips}
    lost = tuple(sorted({clip.pair for clip in clips if clip.status == "failed"}))
    counts = PairCounts(protocol=len(pairs), run=len(pairs), scored=len(pairs) - len(lost), failed=lost)
    return replace(measured, summary=measured.summary.model_copy(update={"metrics": entries, "pairs": counts}))
