"""Score pairs here or in worker processes, one file of frame scores per pair."""

import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol as Interface
from typing import TypeVar

from evalkit.cache import FeatureCache
from evalkit.coefficients import PairFiles
from evalkit.errors import RunError, ScoreError, VideoError
from evalkit.evaluate import Scorer
from evalkit.features import FeatureBank
from evalkit.metrics import METRICS
from evalkit.protocol import Protocol
from evalkit.records import write_frames
from evalkit.types import Pair

Result = TypeVar("Result")


@dataclass(frozen=True)
class ScoringJob:
    """Score `generated` as the answer to `pair` and write the frame scores to `output`.

    `coefficients` are files of imported networks, `signatures` what the records say they were made by.
    """

    protocol: Protocol
    metrics: tuple[str, ...]
    cache: Path
    pair: Pair
    generated: Path
    output: Path
    signatures: Mapping[str, str]
    coefficients: Mapping[str, PairFiles]


def score_pair(job: ScoringJob) -> str | None:
    """Do one job. Returns None when the scores are written, or why this pair cannot be scored."""
    try:
        scores = scorer(job.protocol, job.metrics, job.cache).score(job.pair, job.generated, job.coefficients)
    except (VideoError, ScoreError) as error:
        return str(error)
    write_frames(job.output, scores, job.signatures)
    return None


class ScoringPool(Interface):
    """Where pairs are scored."""

    device: str
    """Where networks run that need not run on a CPU."""

    def submit(self, job: ScoringJob) -> "Future[str | None]":
        """Start a job. Its result is that of `score_pair`; it need not come before `drain`."""
        ...

    def drain(self) -> None:
        """No job follows for now: what waits for company runs without."""
        ...


class LocalPool:
    """Runs jobs on the CPU, in the processes of `executor`; without one, in this process."""

    device = "cpu"

    def __init__(self, executor: ProcessPoolExecutor | None) -> None:
        self._executor = executor

    def submit(self, job: ScoringJob) -> "Future[str | None]":
        """Start a job. Its result is that of `score_pair`."""
        if self._executor is not None:
            return start(self._executor, score_pair, job)
        done: Future[str | None] = Future()
        done.set_result(score_pair(job))
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


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with this block, and with this process however it ends.

    Raises `RunError` when one of them died.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield executor
    except BrokenProcessPool as error:
        raise RunError("A scoring process died (out of memory?). Finished pairs are kept; use --workers 1.") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def start(executor: ProcessPoolExecutor, function: Callable[[ScoringJob], Result], job: ScoringJob) -> "Future[Result]":
    """Start a job in another process. Ctrl-C is put off: a half-started process dies with a traceback."""
    with _interrupts_held():
        return executor.submit(function, job)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Inside, Ctrl-C waits.

    The signal is blocked, which a process that is started here inherits. Python runs handlers in the main thread
    whichever thread a signal reaches, so the handler waits as well.
    """
    came: list[int] = []
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number)) if in_main else None
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if in_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if came:
        signal.raise_signal(signal.SIGINT)


@functools.lru_cache(maxsize=4)
def scorer(protocol: Protocol, metrics: tuple[str, ...], cache: Path, device: str = "cpu") -> Scorer:
    """Networks are loaded once per process, whatever number of pairs and methods it scores."""
    chosen = tuple(METRICS[key] for key in metrics)
    return Scorer(protocol, chosen, FeatureBank(FeatureCache(cache), device))


def _start_worker() -> None:
    """Ctrl-C is the parent's business, and a worker does not outlive a killed parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("a scoring worker was started outside a pool")

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
