"""Score pairs here or in worker processes, one file of frame scores per pair."""

import functools
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol as Interface

from evalkit.base.plugins import state
from evalkit.base.processes import process_pool, start
from evalkit.base.stopwatch import stage
from evalkit.errors import PluginError, ScoreError, VideoError
from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import write_frames
from evalkit.records.trace import traced
from evalkit.scoring.availability import plugins_of
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.coefficients import PairFiles
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer, metric_signatures
from evalkit.types import Pair


@dataclass(frozen=True)
class ScoringJob:
    """Score `generated` as the answer to `pair` and write the frame scores to `output`.

    `coefficients` are files of imported networks, `signatures` what the records say they were made by. `digests` are
    those of the clips when the pair was made: of other clips there is nothing
    to score. What the job took is added to the file `trace`.
    """

    protocol: Protocol
    metrics: tuple[str, ...]
    cache: Path
    pair: Pair
    generated: Path
    output: Path
    signatures: Mapping[str, str]
    coefficients: Mapping[str, PairFiles]
    digests: tuple[tuple[Path, str], ...] = ()
    trace: Path | None = None


def score_pair(job: ScoringJob, device: str = "cpu") -> str | None:
    """Do one job. Returns None when the scores are written, or why this pair cannot be scored."""
    try:
        chosen = scorer(job.protocol, job.metrics, job.cache, device)
        check_unchanged(chosen, job.signatures)
        check_clips(chosen, job)
        scores = chosen.score(job.pair, job.generated, job.coefficients)
    except (VideoError, ScoreError) as error:
        return str(error)
    write_frames(job.output, scores, job.signatures)
    return None


def _score_traced(job: ScoringJob) -> str | None:
    if job.trace is None:
        return score_pair(job)
    with traced(job.trace, "score", job.pair.id):
        return score_pair(job)


class ScoringPool(Interface):
    """Where pairs are scored."""

    device: str
    """The device for networks that can run on a GPU."""

    def submit(self, job: ScoringJob) -> "Future[str | None]":
        """Start a job. Its result is that of `score_pair`; it need not come before `drain`."""
        ...

    def drain(self) -> None:
        """No job follows for now: partial batches are run."""
        ...


class LocalPool:
    """Runs jobs on the CPU, in the processes of `executor`; without one, in this process."""

    device = "cpu"

    def __init__(self, executor: ProcessPoolExecutor | None) -> None:
        self._executor = executor

    def submit(self, job: ScoringJob) -> "Future[str | None]":
        """Start a job. Its result is that of `score_pair`."""
        if self._executor is not None:
            return start(self._executor, _score_traced, job)
        done: Future[str | None] = Future()
        done.set_result(_score_traced(job))
        return done

    def drain(self) -> None:
        """Nothing waits."""


@contextmanager
def scoring_pool(workers: int) -> Iterator[ScoringPool]:
    """A pool of `workers` processes; with one, everything runs in this process."""
    if workers <= 1:
        yield LocalPool(None)
        return
    with process_pool(workers) as executor:
        yield LocalPool(executor)


def scorer(protocol: Protocol, metrics: tuple[str, ...], cache: Path, device: str = "cpu") -> Scorer:
    """Networks are loaded once per process, whatever number of pairs and methods it scores."""
    return _scorer(protocol, metrics, cache, device, state())


@functools.lru_cache(maxsize=4)
def _scorer(protocol: Protocol, metrics: tuple[str, ...], cache: Path, device: str, plugins: object) -> Scorer:
    with stage("load metrics"):
        chosen = tuple(METRICS[key] for key in metrics)
    return Scorer(protocol, chosen, FeatureBank(FeatureCache(cache), device))


def check_clips(scorer: Scorer, job: ScoringJob) -> None:
    """Raise `VideoError` when a clip of a job is not what it was when the pair was made."""
    for path, digest in job.digests:
        scorer.bank.check(path, digest)


def check_unchanged(scorer: Scorer, signatures: Mapping[str, str]) -> None:
    """Raise `PluginError` when a metric from outside is another one in this process than where the run was planned."""
    chosen = [metric for metric in scorer.metrics if plugins_of([metric])]
    for key, text in metric_signatures(scorer.protocol, chosen).items():
        if not signatures[key].startswith(text):
            raise PluginError(
                f"The code of {key} changed while the run was going. Repeat the command; finished pairs are kept."
            )
