"""Scoring with a GPU beside the process pool: while it runs its networks on one pair, the pool works on the next ones.

A pair goes three ways. The pool computes whatever runs on a CPU and leaves it in the cache. Then a thread here, pair
after pair in the order they came, decodes the clips once more for the networks that run on the device, in batches that
cross the borders of clips. When all rows of a pair are there, its scores are put together from the cache. Decoding
twice costs less than sending the frames from one process to another.
"""

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from evalkit.base.processes import process_pool, start
from evalkit.errors import ScoreError, VideoError
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import write_frames
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank, device_kind
from evalkit.scoring.pool import ScoringJob, ScoringPool, check_clips, scorer, scoring_pool
from evalkit.scoring.score_pair import OpenPair, Scorer

BATCH = 32
"""Frames that a network on the device sees at once."""
AHEAD = 8
"""Pairs that may wait for the device; a method that is faster is held back."""

_Waiting: TypeAlias = "tuple[ScoringJob, Future[str | None], Future[str | None]]"
"""A job, the result of its CPU part, and its own result."""


class DevicePool:
    """Scores pairs with the networks that need no CPU on `device`, and the rest in the processes of `executor`."""

    def __init__(self, executor: ProcessPoolExecutor, device: str, batch: int) -> None:
        self.device = device
        self._executor, self._batch = executor, batch
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(AHEAD)
        self._scorers: dict[tuple[object, ...], Scorer] = {}
        self._open: deque[tuple[ScoringJob, OpenPair, Future[str | None]]] = deque()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, job: ScoringJob) -> "Future[str | None]":
        """Start a job. Its result is that of `score_pair`; it need not come before `drain`."""
        on_cpu = replace(job, metrics=tuple(key for key in job.metrics if not self._on_device(key)))
        result: Future[str | None] = Future()
        self._waiting.put((job, start(self._executor, prepare_on_cpu, on_cpu), result))
        return result

    def drain(self) -> None:
        """No job follows for now: batches that are not full run."""
        self._waiting.put(None)

    def close(self) -> None:
        """Forget what has not begun, and stop."""
        self._closed.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._thread.join()

    def _on_device(self, key: str) -> bool:
        entry = METRICS[key].input
        return entry is not None and device_kind(entry[0], self.device) != "cpu"

    def _work(self) -> None:
        while True:
            item = self._waiting.get()
            if self._closed.is_set():
                return
            if item is None:
                self._settle(everything=True)
                continue
            job, prepared, result = item
            try:
                if reason := prepared.result():
                    result.set_result(reason)
                else:
                    chosen = self._scorer(job)
                    check_clips(chosen, job)
                    opened = chosen.begin(job.pair, job.generated, job.coefficients)
                    self._open.append((job, opened, result))
            except (VideoError, ScoreError) as error:
                result.set_result(str(error))
            except BaseException as error:
                result.set_exception(error)
            self._settle()

    def _settle(self, everything: bool = False) -> None:
        """Finish pairs, the first one first, if their rows are complete."""
        while self._open and (everything or self._open[0][1].settled):
            job, opened, result = self._open.popleft()
            try:
                write_frames(job.output, opened.finish(), job.signatures)
                result.set_result(None)
            except (VideoError, ScoreError) as error:
                result.set_result(str(error))
            except BaseException as error:
                result.set_exception(error)

    def _scorer(self, job: ScoringJob) -> Scorer:
        """One per set of metrics; with it go the loaded networks and what waits for a batch."""
        key = (job.protocol, job.metrics, job.cache)
        if key not in self._scorers:
            self._settle(everything=True)
            bank = FeatureBank(FeatureCache(job.cache), self.device, self._batch)
            self._scorers = {key: Scorer(job.protocol, tuple(METRICS[name] for name in job.metrics), bank)}
        return self._scorers[key]


def prepare_on_cpu(job: ScoringJob) -> str | None:
    """Leave what the metrics of a job need in the cache. Returns None, or why the pair cannot be scored."""
    try:
        chosen = scorer(job.protocol, job.metrics, job.cache)
        check_clips(chosen, job)
        chosen.score(job.pair, job.generated, job.coefficients)
    except (VideoError, ScoreError) as error:
        return str(error)
    return None


@contextmanager
def pool_on(device: str, workers: int, batch: int = BATCH) -> Iterator[ScoringPool]:
    """A pool of `workers` processes, with a thread for `device` beside them unless that is "cpu"."""
    if device == "cpu":
        with scoring_pool(workers) as local:
            yield local
        return
    with process_pool(workers) as executor:
        pool = DevicePool(executor, device, batch)
        try:
            yield pool
        finally:
            pool.close()
