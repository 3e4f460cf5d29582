"""A worker's side: makes and scores pairs one by one, and keeps the method of the last pair loaded."""

import gc
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from evalkit.base.digests import Digests
from evalkit.base.stopwatch import recorded
from evalkit.base.world import said_by
from evalkit.errors import EvalkitError
from evalkit.records.run_folder import RunFolder
from evalkit.runs.engine.tasks import Answer, Make, Score, Task
from evalkit.runs.plan import Producer
from evalkit.runs.run_pairs import explaining_refusals, make_pair
from evalkit.scoring.device_pool import prepare_on_cpu
from evalkit.scoring.pool import score_pair


class Bench:
    """Does tasks. `broken` says why the device cannot be used any more, or nothing; it is asked after failures."""

    def __init__(self, device: str, broken: Callable[[str], str] | None = None) -> None:
        self._device, self._broken = device, broken or broken_context
        self._digests = Digests()
        self._producer: Producer | None = None

    def do(self, task: Task) -> Answer:
        """Do a task; whatever goes wrong is in the answer."""
        with recorded() as stages:
            answer = self._do(task)
        return replace(answer, stages=stages)

    def _do(self, task: Task) -> Answer:
        try:
            answer = self._make(task) if isinstance(task, Make) else _score(task)
        except Exception as error:
            answer = Answer(stop=_portable(error), broken=self._broken(self._device))
        failed = answer.reason is not None or (answer.outcome is not None and answer.outcome.status == "failed")
        if failed and (why := self._broken(self._device)):
            answer = Answer(outcome=answer.outcome, reason=answer.reason, broken=why)
        return answer

    def close(self) -> None:
        """Let go of the method and its memory."""
        if self._producer is not None:
            self._producer.close()
            self._producer = None
            gc.collect()
            if self._device.startswith("cuda") and "torch" in sys.modules:
                sys.modules["torch"].cuda.empty_cache()

    def _make(self, task: Make) -> Answer:
        folder = RunFolder(task.run, task.token)
        if self._producer != task.produce:
            self.close()
            self._producer = task.produce
        folder.refuse_lost()
        with explaining_refusals(folder):
            outcome = make_pair(self._producer, task.pair, folder, self._digests, task.coming)
        clips = [task.pair.source.path, task.pair.driving.path, task.pair.anchor, task.pair.truth]
        known = [(path, found) for path in clips if path and (found := self._digests.known(path))]
        return Answer(outcome=outcome, digests=tuple((path, *found) for path, found in known))


def _score(task: Score) -> Answer:
    with explaining_refusals(RunFolder(task.job.output.parent.parent)):
        return Answer(reason=prepare_on_cpu(task.job) if task.prepare else score_pair(task.job, task.device))


def broken_context(device: str) -> str:
    """Why nothing more can be computed on a GPU, from trying; empty on a CPU and for one that works.

    A process that never computed there has no context that could be lost: a foreign method computes in its own.
    """
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda") or not torch.cuda.is_initialized():
        return ""
    try:
        torch.zeros(1, device=device).add_(1).item()
        return ""
    except Exception as error:
        # Memory that others hold comes back; a context after an illegal access does not.
        return "" if isinstance(error, torch.cuda.OutOfMemoryError) else f"{device} cannot be used any more: {error}"


def _portable(error: Exception) -> Exception:
    """An error that another process can read: one of ours as it is, any other with its traceback as text."""
    if isinstance(error, EvalkitError):
        return error
    found = RuntimeError(f"{type(error).__name__}: {said_by(error)}")
    with suppress(Exception):
        found.add_note("".join(traceback.format_exception(error)))
    return found
