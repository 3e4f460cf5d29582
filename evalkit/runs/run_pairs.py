"""One run: every pair of a protocol made by a producer (a method, or somebody's outputs), scored, and summed up.

Each pair is finished on disk before the next begins, so an interrupted run can always be resumed. `execute` makes the
pairs in this process; `evalkit.runs.engine` makes them in many, out of the same parts.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from evalkit.base.digests import Digests
from evalkit.base.names import nfc
from evalkit.base.refusals import explained, is_expected, is_of_one_file
from evalkit.errors import EvalkitError, MethodError, RunError, ScoreError, VideoError
from evalkit.records.frame_scores import SCHEMA_VERSION, read_frames
from evalkit.records.progress import Progress, WorkerFacts, write_progress
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.records.trace import traced
from evalkit.runs.kept import is_scored, kept, made_of, notes_of, replaced, unmade
from evalkit.runs.plan import PairResult, Plan, Producer
from evalkit.scoring.pool import ScoringJob, ScoringPool
from evalkit.types import Pair

_TELL_S = 2.0
"""Whoever watches a run hears of it this often."""
_FAILURES = 5


def execute(plan: Plan, pool: ScoringPool, on_pair: Callable[[str, str], None]) -> list[PairResult]:
    """Make and score every pair that is not finished; returns the results of all of them in the protocol's order.

    `on_pair` is called with the id and "done", "failed" or "kept" as pairs finish. The folder must be locked and
    claimed. Raises `RunError` when nothing more can be written, when a clip changed since the run began, or when more
    than `max_failures` pairs failed; finished pairs are kept in every case.
    """
    waiting: list[tuple[Outcome, Future[str | None]]] = []
    book, digests = Book(plan, on_pair), Digests()

    def settle(outcome: Outcome, scoring: "Future[str | None]") -> None:
        if reason := scoring.result():
            book.fail(outcome, reason)
        else:
            book.done(outcome)

    with explaining_refusals(plan.folder):
        for place, pair in enumerate(plan.pairs):
            outcome = kept(plan, pair, digests)
            if outcome and is_scored(plan, pair):
                book.keep(outcome)
                continue
            if outcome is None:
                with traced(plan.folder.trace, "make", pair.id):
                    outcome = make_pair(plan.produce, pair, plan.folder, digests, _unmade_after(plan, place))
            if outcome.status == "failed":
                book.fail(outcome, outcome.reason or "")
                continue
            waiting.append((outcome, pool.submit(scoring_job(plan, pair, outcome))))
            while waiting and waiting[0][1].done():
                settle(*waiting.pop(0))
        pool.drain()
        for item in waiting:
            settle(*item)
        book.refuse_replaced(digests)
        book.tell(at_once=True)
    return [result_of(plan, pair) for pair in plan.pairs]


class Book:
    """Writes down how the pairs of a plan ended, and tells `on_pair`."""

    def __init__(self, plan: Plan, on_pair: Callable[[str, str], None]) -> None:
        self._plan, self._on_pair = plan, on_pair
        self._kept = self._done = self._frames = 0
        self._failures: list[tuple[str, str]] = []
        self._began = self._told = time.monotonic()
        self.workers: Mapping[str, WorkerFacts] = {}

    def keep(self, outcome: Outcome) -> None:
        """A pair was finished before."""
        self._kept += 1
        self._on_pair(outcome.pair, "kept")

    def done(self, outcome: Outcome) -> None:
        """A pair was made and scored."""
        self._done, self._frames = self._done + 1, self._frames + outcome.frames
        self._plan.folder.log("pair_done", pair=outcome.pair, frames=outcome.frames, seconds=outcome.seconds)
        self.tell()
        self._on_pair(outcome.pair, "done")

    def fail(self, outcome: Outcome, reason: str) -> None:
        """A pair failed. Raises `RunError` when that is one too many."""
        folder, most = self._plan.folder, self._plan.max_failures
        folder.write_outcome(replace(outcome, status="failed", reason=reason))
        folder.log("pair_failed", pair=outcome.pair, reason=reason)
        self._failures.append((outcome.pair, reason))
        self.tell()
        self._on_pair(outcome.pair, "failed")
        if most is not None and len(self._failures) > most:
            raise RunError(
                f"{len(self._failures)} pairs failed, more than --max-failures {most}; the last: {reason} "
                f"Finished pairs are kept in {folder.path}."
            )

    def tell(self, at_once: bool = False) -> None:
        """Say in progress.json how far the run is, unless that was said a moment ago."""
        now = time.monotonic()
        if not at_once and now - self._told < _TELL_S:
            return
        self._told = now
        told = Progress(
            schema_version=SCHEMA_VERSION,
            pairs=len(self._plan.pairs),
            kept=self._kept,
            done=self._done,
            failed=len(self._failures),
            frames=self._frames,
            seconds=now - self._began,
            workers=self.workers,
            failures=tuple(self._failures[-_FAILURES:]),
        )
        write_progress(self._plan.folder.progress, told)

    def refuse_replaced(self, digests: Digests) -> None:
        """At the end of a run: pairs whose clips are not what they were fail."""
        for pair in self._plan.pairs:
            outcome = self._plan.folder.read_outcome(pair.id)
            if outcome and outcome.status == "ok" and (path := replaced(pair, outcome, digests)):
                reason = f"{path} changed while the run was going. Leave clips alone during a run, and repeat it."
                self.fail(outcome, reason)


def make_pair(
    produce: Producer, pair: Pair, folder: RunFolder, digests: Digests, coming: Iterable[Pair] = ()
) -> Outcome:
    """Make one pair and write its outcome. A failed one, whose reason says why, is not written.

    Raises what keeps other pairs from being made as well.
    """
    # Before the method reads the clips, so that what it was given is what is written down.
    failed = unmade(pair, digests)
    try:
        made = produce(pair, folder, coming)
        folder.scores(pair.id).unlink(missing_ok=True)
        outcome = replace(
            failed,
            status="ok",
            generated=made.generated,
            frames=made.frames,
            generated_sha256=digests.of(folder.path / made.generated),
            notes=notes_of(pair) + made.notes,
            original=made.original,
            original_sha256=made.original_sha256,
            **(asdict(made.cost) if made.cost else {}),
        )
        folder.write_outcome(outcome)
        return outcome
    except (MethodError, VideoError, ScoreError) as error:
        return replace(failed, reason=str(error))
    except OSError as error:
        if (reason := _why_only_this(error, folder, pair)) is None:
            raise
        return replace(failed, reason=reason)


def finished_pairs(folder: RunFolder) -> set[str]:
    """Ids of the pairs that the folder already has an outcome for."""
    # Some file systems give names back in another Unicode form than they were written in.
    return {nfc(path.stem) for path in folder.path.glob("pairs/*.json")}


def _unmade_after(plan: Plan, place: int) -> Iterator[Pair]:
    """The pairs of the run after the one at `place` that have not been made yet."""
    for other in islice(plan.pairs, place + 1, None):
        outcome = plan.folder.read_outcome(other.id)
        if outcome is None or outcome.status == "failed":
            yield other


def scoring_job(plan: Plan, pair: Pair, outcome: Outcome) -> ScoringJob:
    """What scoring a pair takes."""
    keys = tuple(metric.key for metric in plan.metrics)
    generated = plan.folder.path / (outcome.generated or "")
    output, brought = plan.folder.scores(pair.id), plan.brought(pair)
    clips = [*made_of(pair, outcome), (generated, outcome.generated_sha256)]
    digests = tuple((path, digest) for path, digest in clips if digest)
    signatures, trace = plan.signatures(pair), plan.folder.trace
    return ScoringJob(plan.protocol, keys, plan.cache, pair, generated, output, signatures, brought, digests, trace)


def result_of(plan: Plan, pair: Pair) -> PairResult:
    """The finished pair, as it is on disk."""
    outcome = plan.folder.read_outcome(pair.id)
    assert outcome is not None
    scores = read_frames(plan.folder.scores(pair.id)) if outcome.status == "ok" else []
    return PairResult(pair, outcome, {score.metric: score for score in scores})


def _why_only_this(error: OSError, folder: RunFolder, pair: Pair) -> str | None:
    """Why one pair fails when the system refused a file; None when the others would fail as well.

    What lies outside the run folder is the pair's own, and so is a file whose name or length is what was refused. Else
    the run folder cannot be written.
    """
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else folder.path
    if named.absolute().is_relative_to(folder.path.absolute()) and not is_of_one_file(error):
        return None
    return explained(error, folder.generated(pair.id))


@contextmanager
def explaining_refusals(folder: RunFolder) -> Iterator[None]:
    """A file that cannot be written ends the run in one sentence that names it; what was finished stays."""
    try:
        yield
    except EvalkitError:
        raise
    except OSError as error:
        if not is_expected(error):
            raise
        raise RunError(f"{explained(error, folder.path)} Finished pairs are kept; repeat the command then.") from error
