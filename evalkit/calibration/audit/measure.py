"""Draw, damage and animate the outputs of an audit, and score them against the driving and against the true clip.

Clips stay in `<folder>/<output>/<pair>.mkv` and are not made again; features stay in the cache of evalkit. So an audit
that was stopped goes on where it was. Those of a method lie in a folder named after what made them, too: another
checkpoint or changed code of the same name makes its own clips.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.calibration.audit.conditions import Condition, taken
from evalkit.calibration.audit.truth import errors, pixel_error
from evalkit.clips import video
from evalkit.datasets.demo import FPS, numbers
from evalkit.datasets.drawn import move, render_motion
from evalkit.errors import MethodError
from evalkit.method.generate import generate
from evalkit.method.interface import Method
from evalkit.method.made_by import MadeBy
from evalkit.method.watched import WatchedFile
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer
from evalkit.scoring.score_sets import score_sets
from evalkit.types import Frames, Pair, Values

Made = Callable[[str, str], None]
"""Called with what was scored and how it ended."""


@dataclass(frozen=True)
class Entrant:
    """A method that is built, what its frames are made by, and its files as they were then."""

    method: Method
    made_by: MadeBy
    files: tuple[WatchedFile, ...]


@dataclass(frozen=True)
class Plan:
    """What is audited.

    `protocol` compares with the truth; `pairs` have it. `metrics` are scored as a benchmark without ground truth does,
    `judges` against the truth. `methods` are by name.
    """

    protocol: Protocol
    pairs: tuple[Pair, ...]
    conditions: tuple[Condition, ...]
    methods: Mapping[str, Entrant]
    metrics: tuple[Metric, ...]
    judges: tuple[Metric, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all outputs of a pair: conditions, then methods."""
        return (*(condition.name for condition in self.conditions), *self.methods)

    @property
    def without_truth(self) -> Protocol:
        """The protocol as it would be if nobody knew the truth."""
        return self.protocol.model_copy(update={"reference": "driving"})


@dataclass(frozen=True)
class Readings:
    """All numbers, NaN where there is none.

    Attributes:
        values: metric key -> (O, P) of O outputs and P pairs, against the driving or source clip.
        against_truth: the same of the judges, against the true clip.
        sets: key of a set metric -> pairs it is taken over -> (O,).
        true: kind of error -> (O, P), exact; NaN for methods but of pixels.
        failed: method -> why it has no output of some pair.
    """

    values: Mapping[str, Values]
    against_truth: Mapping[str, Values]
    sets: Mapping[str, Mapping[tuple[int, ...], Values]]
    true: Mapping[str, Values]
    failed: Mapping[str, str]


def measure(plan: Plan, folder: Path, bank: FeatureBank, on_output: Made) -> Readings:
    """Make and score every output of every pair; `on_output` hears of each. Raises `EvalkitError`."""
    shape = (len(plan.outputs), len(plan.pairs))
    values = {metric.key: np.full(shape, np.nan) for metric in plan.metrics if metric.by_frame}
    against_truth = {metric.key: np.full(shape, np.nan) for metric in plan.judges}
    true: dict[str, Values] = {}
    failed: dict[str, str] = {}
    scorers = (Scorer(plan.without_truth, plan.metrics, bank), Scorer(plan.protocol, plan.judges, bank))
    for column, pair in enumerate(plan.pairs):
        assert pair.truth is not None
        answer = _frames(pair.truth, plan.protocol)
        for row, name in enumerate(plan.outputs):
            path = clip_path(folder, plan, name, pair)
            try:
                found = _made(plan, row, pair, answer, path)
            except MethodError as error:
                failed[name] = f"{pair.id}: {error}"
                continue
            for kind, error_there in found.items():
                true.setdefault(kind, np.full(shape, np.nan))[row, column] = error_there
            asked = (replace(pair, truth=None), pair)
            for scorer, one, into in zip(scorers, asked, (values, against_truth), strict=True):
                for score in scorer.score(one, path):
                    there = score.values[np.isfinite(score.values)]
                    into[score.metric][row, column] = there.mean() if len(there) else np.nan
            on_output(f"{name} {pair.id}", "done")
    return Readings(values, against_truth, _sets(plan, folder, scorers[0], failed), true, failed)


def clip_path(folder: Path, plan: Plan, output: str, pair: Pair) -> Path:
    """Where an output lies."""
    entrant = plan.methods.get(output)
    name = f"{output}-{entrant.made_by.digest[:8]}" if entrant else output
    return folder / name / f"{pair.id}.mkv"


def _made(plan: Plan, row: int, pair: Pair, true: Frames, path: Path) -> dict[str, float]:
    """Make an output if it is not there; returns its true errors. `true` are the frames of the true clip."""
    rule = plan.protocol.selection
    if row >= len(plan.conditions):
        if not path.is_file():
            generate(pair, plan.methods[plan.outputs[row]].method, plan.protocol, path, seed=0)
        return {"pixels": pixel_error(_stored(path, plan.protocol), true)}
    condition = plan.conditions[row]
    fault = condition.fault
    count = video.count_frames(pair.driving.path)
    motion, places = move(*numbers(pair.driving), count), np.array(rule.indices(count), np.intp)
    goal = taken(motion, places)
    moved = fault.move(motion, places, condition.step) if fault and fault.move else goal
    if not path.is_file():
        frames = true
        if fault and fault.move:
            frames = render_motion(*numbers(pair.source), moved, plan.protocol.resolution).frames
        elif fault and fault.damage:
            frames = fault.damage(true, _frames(pair.driving.path, plan.protocol), condition.step)
        video.write_video(path, [frames], FPS / rule.stride)
    return {**errors(condition, moved, goal), "pixels": pixel_error(_stored(path, plan.protocol), true)}


def _frames(path: Path, protocol: Protocol) -> Frames:
    return np.concatenate(list(video.iter_frames(path, protocol.selection)))


def _stored(path: Path, protocol: Protocol) -> Frames:
    return np.concatenate(list(video.iter_frames(path, protocol.whole)))


def _sets(
    plan: Plan, folder: Path, scorer: Scorer, failed: Mapping[str, str]
) -> dict[str, dict[tuple[int, ...], Values]]:
    """Set metrics of every output, over all pairs and over those without each person."""
    chosen = tuple(metric for metric in plan.metrics if not metric.by_frame)
    found: dict[str, dict[tuple[int, ...], Values]] = {metric.key: {} for metric in chosen}
    if not chosen:
        return found
    only = replace(scorer, metrics=chosen)
    for kept in subsets(plan.pairs):
        columns = {metric.key: np.full(len(plan.outputs), np.nan) for metric in chosen}
        for row, name in enumerate(plan.outputs):
            if name in failed or not kept:
                continue
            paths = [clip_path(folder, plan, name, plan.pairs[index]) for index in kept]
            real = [plan.pairs[index].driving.path for index in kept]
            for key, score in score_sets(only, paths, real).items():
                columns[key][row] = np.nan if score.value is None else score.value
        for key, column in columns.items():
            found[key][kept] = column
    return found


def subsets(pairs: Sequence[Pair]) -> list[tuple[int, ...]]:
    """All pairs, and for every person those without them, each once."""
    people = sorted({name for pair in pairs for name in (pair.source.identity, pair.driving.identity)})
    without = [
        tuple(i for i, pair in enumerate(pairs) if name not in (pair.source.identity, pair.driving.identity))
        for name in people
    ]
    return list(dict.fromkeys([tuple(range(len(pairs))), *without]))
