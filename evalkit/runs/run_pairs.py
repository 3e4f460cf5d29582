"""One run: every pair of a protocol made by a producer (a method, or somebody's outputs), scored, and summed up.

Each pair is finished on disk before the next begins, so an interrupted run can always be resumed.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol as Interface

from evalkit.base.digests import Digests
from evalkit.base.names import nfc
from evalkit.base.refusals import explained, is_expected, is_of_one_file
from evalkit.clips import video
from evalkit.errors import EvalkitError, MethodError, RunError, ScoreError, VideoError
from evalkit.method.cost import Cost
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import FrameScores, read_frames, read_signatures
from evalkit.records.run import Configuration
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.scoring.coefficients import PairFiles, pair_files
from evalkit.scoring.pool import ScoringJob, ScoringPool
from evalkit.scoring.score_pair import device_mark, metric_signatures
from evalkit.types import Pair


@dataclass(frozen=True)
class Made:
    """A generated clip: its path (in the run folder, or absolute), frames, and what it cost if that is known.

    `notes` are for a reader of its scores. `original` is the output made elsewhere that it was prepared from, with its
    digest.
    """

    generated: str
    frames: int
    cost: Cost | None
    notes: tuple[str, ...] = ()
    original: str | None = None
    original_sha256: str | None = None


class Producer(Interface):
    """Where generated clips come from."""

    def __call__(self, pair: Pair, folder: RunFolder) -> Made:
        """Make or find the generated clip of `pair`.

        Raises `MethodError`, `VideoError` or `ScoreError` when this pair has none.
        """
        ...


@dataclass(frozen=True)
class Plan:
    """What a run has to do: these pairs of this protocol, by this producer, into this folder.

    `metrics` can be computed here; `unavailable` (metric key -> why) were asked for and cannot. `coefficients` are the
    folders of imported networks, `device` is where networks of metrics run that need no CPU. `given` are the outputs
    made elsewhere that are to be scored, by pair id.
    """

    protocol: Protocol
    pairs: Sequence[Pair]
    metrics: tuple[Metric, ...]
    produce: Producer
    folder: RunFolder
    configuration: Configuration
    cache: Path
    unavailable: Mapping[str, str]
    max_failures: int | None = None
    coefficients: Mapping[str, Path] = field(default_factory=dict)
    device: str = "cpu"
    given: Mapping[str, Path] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What signatures of metrics say of outputs that were prepared."""
        return self.configuration.outputs.mark if self.configuration.outputs else ""

    def brought(self, pair: Pair) -> dict[str, PairFiles]:
        """Network -> its files for this pair."""
        return pair_files(self.coefficients, self.folder.path.name, pair)

    def signatures(self, pair: Pair) -> dict[str, str]:
        """Metric key -> signature of this pair's scores: the metric's, digests of imported coefficients, the device.

        Prepared outputs end it with their mark.
        """
        digests = {name: files.signature() for name, files in self.brought(pair).items()}
        networks = {metric.key: metric.input[0] for metric in self.metrics if metric.input}
        marks = {metric.key: device_mark(metric, self.device) for metric in self.metrics}
        return {
            key: (f"{text}|{digests[networks[key]]}" if networks.get(key) in digests else text) + marks[key] + self.mark
            for key, text in metric_signatures(self.protocol, self.metrics).items()
        }


@dataclass(frozen=True)
class PairResult:
    """What a finished run knows of one pair: the outcome, and the scores by metric key (empty if it failed)."""

    pair: Pair
    outcome: Outcome
    scores: Mapping[str, FrameScores]


def execute(plan: Plan, pool: ScoringPool, on_pair: Callable[[str, str], None]) -> list[PairResult]:
    """Make and score every pair that is not finished; returns the results of all of them in the protocol's order.

    `on_pair` is called with the id and "done", "failed" or "kept" as pairs finish. The folder must be locked and
    claimed. Raises `RunError` when nothing more can be written, when a clip changed since the run began, or when more
    than `max_failures` pairs failed; finished pairs are kept in every case.
    """
    waiting: list[tuple[Pair, Outcome, Future[str | None]]] = []
    failures: list[Outcome] = []

    def fail(outcome: Outcome, reason: str) -> None:
        failed = replace(outcome, status="failed", reason=reason)
        plan.folder.write_outcome(failed)
        plan.folder.log("pair_failed", pair=outcome.pair, reason=reason)
        failures.append(failed)
        on_pair(outcome.pair, "failed")
        if plan.max_failures is not None and len(failures) > plan.max_failures:
            raise RunError(
                f"{len(failures)} pairs failed, more than --max-failures {plan.max_failures}; the last: {reason} "
                f"Finished pairs are kept in {plan.folder.path}."
            )

    def settle(pair: Pair, outcome: Outcome, scoring: "Future[str | None]") -> None:
        if reason := scoring.result():
            fail(outcome, reason)
        else:
            plan.folder.log("pair_done", pair=pair.id, frames=outcome.frames, seconds=outcome.seconds)
            on_pair(pair.id, "done")

    digests = Digests()
    with _explaining_refusals(plan.folder):
        for pair in plan.pairs:
            outcome = _kept(plan, pair, digests)
            if outcome and _is_scored(plan, pair):
                on_pair(pair.id, "kept")
                continue
            # Before the method reads the clips, so that what it was given is what is written down.
            unmade = _unmade(pair, digests)
            try:
                outcome = outcome or _produce(plan, pair, unmade, digests)
            except (MethodError, VideoError, ScoreError) as error:
                fail(unmade, str(error))
                continue
            except OSError as error:
                if (reason := _why_only_this(error, plan, pair)) is None:
                    raise
                fail(unmade, reason)
                continue
            waiting.append((pair, outcome, pool.submit(_job(plan, pair, outcome))))
            while waiting and waiting[0][2].done():
                settle(*waiting.pop(0))
        pool.drain()
        for item in waiting:
            settle(*item)
        for pair in plan.pairs:
            outcome = plan.folder.read_outcome(pair.id)
            if outcome and outcome.status == "ok" and (path := _replaced(pair, outcome, digests)):
                fail(outcome, f"{path} changed while the run was going. Leave clips alone during a run, and repeat it.")
    return [_result(plan, pair) for pair in plan.pairs]


def finished_pairs(folder: RunFolder) -> set[str]:
    """Ids of the pairs that the folder already has an outcome for."""
    # Some file systems give names back in another Unicode form than they were written in.
    return {nfc(path.stem) for path in folder.path.glob("pairs/*.json")}


def _produce(plan: Plan, pair: Pair, unmade: Outcome, digests: Digests) -> Outcome:
    made = plan.produce(pair, plan.folder)
    plan.folder.scores(pair.id).unlink(missing_ok=True)
    outcome = replace(
        unmade,
        status="ok",
        generated=made.generated,
        frames=made.frames,
        generated_sha256=digests.of(plan.folder.path / made.generated),
        notes=_notes(pair) + made.notes,
        original=made.original,
        original_sha256=made.original_sha256,
        **(asdict(made.cost) if made.cost else {}),
    )
    plan.folder.write_outcome(outcome)
    return outcome


def _notes(pair: Pair) -> tuple[str, ...]:
    """What is left out of the clips of a pair, or taken for granted."""
    return tuple(
        f"{name}: {note}"
        for name, clip in {"source": pair.source, "driving": pair.driving}.items()
        for note in video.notes(clip.path)
    )


def _digest(path: Path, digests: Digests) -> str | None:
    """sha256 of a clip; None for a missing or unreadable one; decoding it explains why."""
    try:
        return digests.of(path)
    except (OSError, EvalkitError):
        return None


def _unmade(pair: Pair, digests: Digests) -> Outcome:
    source, driving, anchor = (
        _digest(path, digests) if path else None for path in (pair.source.path, pair.driving.path, pair.anchor)
    )
    return Outcome(
        pair.id,
        "failed",
        source_sha256=source,
        driving_sha256=driving,
        anchor_sha256=anchor,
        source_frames=pair.source_frames,
    )


def _kept(plan: Plan, pair: Pair, digests: Digests) -> Outcome | None:
    """The outcome of a pair that need not be made again: it went well, and the clips are still what they were.

    A generated clip that is gone is missed only where it has to be scored, for itself or as part of a set. Raises
    `RunError` when a clip or the given output is another one than was scored.
    """
    outcome = plan.folder.read_outcome(pair.id)
    if outcome is None or outcome.status == "failed":
        return None
    if path := _replaced(pair, outcome, digests):
        raise RunError(
            f"{path} changed since {plan.folder.path} was made with it. Restore it, or start again with --tag NAME."
        )
    given = plan.given.get(pair.id)
    if given and _digest(given, digests) != (outcome.original_sha256 or outcome.generated_sha256):
        raise RunError(f"{given} changed since {plan.folder.path} was scored. Keep that run and add --tag NAME.")
    generated = plan.folder.path / (outcome.generated or "")
    intact = generated.exists() and _digest(generated, digests) == outcome.generated_sha256
    needed = any(not metric.by_frame for metric in plan.metrics) or not _is_scored(plan, pair)
    return outcome if intact or not (generated.exists() or needed) else None


def _made_of(pair: Pair, outcome: Outcome) -> list[tuple[Path, str | None]]:
    """The clips that a pair was made of, and their digests then."""
    made_of = [(pair.source.path, outcome.source_sha256), (pair.driving.path, outcome.driving_sha256)]
    return made_of + ([(pair.anchor, outcome.anchor_sha256)] if pair.anchor and outcome.anchor_sha256 else [])


def _replaced(pair: Pair, outcome: Outcome, digests: Digests) -> Path | None:
    """The first clip of a pair that is not what it was when the pair was made."""
    return next((path for path, digest in _made_of(pair, outcome) if _digest(path, digests) != digest), None)


def _is_scored(plan: Plan, pair: Pair) -> bool:
    """Whether the stored scores of a pair cover every metric of the plan under its present signature."""
    path = plan.folder.scores(pair.id)
    if not path.is_file():
        return False
    try:
        stored = read_signatures(path)
    except RunError:
        return False
    return plan.signatures(pair).items() <= stored.items()


def _job(plan: Plan, pair: Pair, outcome: Outcome) -> ScoringJob:
    keys = tuple(metric.key for metric in plan.metrics)
    generated = plan.folder.path / (outcome.generated or "")
    output, brought = plan.folder.scores(pair.id), plan.brought(pair)
    clips = [*_made_of(pair, outcome), (generated, outcome.generated_sha256)]
    made_of = tuple((path, digest) for path, digest in clips if digest)
    return ScoringJob(plan.protocol, keys, plan.cache, pair, generated, output, plan.signatures(pair), brought, made_of)


def _result(plan: Plan, pair: Pair) -> PairResult:
    outcome = plan.folder.read_outcome(pair.id)
    assert outcome is not None
    scores = read_frames(plan.folder.scores(pair.id)) if outcome.status == "ok" else []
    return PairResult(pair, outcome, {score.metric: score for score in scores})


def _why_only_this(error: OSError, plan: Plan, pair: Pair) -> str | None:
    """Why one pair fails when the system refused a file; None when the others would fail as well.

    What lies outside the run folder is the pair's own, and so is a file whose name or length is what was refused. Else
    the run folder cannot be written.
    """
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else plan.folder.path
    if named.absolute().is_relative_to(plan.folder.path.absolute()) and not is_of_one_file(error):
        return None
    return explained(error, plan.folder.generated(pair.id))


@contextmanager
def _explaining_refusals(folder: RunFolder) -> Iterator[None]:
    """A file that cannot be written ends the run in one sentence that names it; what was finished stays."""
    try:
        yield
    except EvalkitError:
        raise
    except OSError as error:
        if not is_expected(error):
            raise
        raise RunError(f"{explained(error, folder.path)} Finished pairs are kept; repeat the command then.") from error
