"""An engine of processes on this machine. One that dies is replaced at once."""

import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from evalkit.base.processes import begin, spawn
from evalkit.runs.engine.bench import Bench
from evalkit.runs.engine.tasks import Answer, Answered, Ended, Task, Worker

_READY = "ready"
_SET_DEATH_SIGNAL = 1
_FIRST_TO_GO = "500"
"""Memory is short: the system is to end a worker, not the command."""
_GRACE_S = 5.0


class LocalEngine:
    """One process for each of `devices`, which may name a device several times."""

    def __init__(self, devices: Sequence[str]) -> None:
        self.kinds = frozenset(device.partition(":")[0] for device in devices)
        self._numbers = count(1)
        self._processes: dict[Worker, tuple[BaseProcess, Connection]] = {}
        self._idle: list[Worker] = []
        for device in devices:
            self._start(device)

    def idle(self) -> Sequence[Worker]:
        """Workers that are ready for a task."""
        return tuple(self._idle)

    def give(self, worker: Worker, task: Task) -> None:
        """Send a task to an idle worker."""
        self._idle.remove(worker)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `wait` tells of its end
            self._processes[worker][1].send(task)

    def wait(self, seconds: float) -> Sequence[Answered | Ended]:
        """What happened, as soon as something does."""
        ready = wait([pipe for _, pipe in self._processes.values()], seconds)
        happened: list[Answered | Ended] = []
        for worker in [worker for worker, (_, pipe) in self._processes.items() if pipe in ready]:
            try:
                message = self._processes[worker][1].recv()
            except (EOFError, ConnectionResetError):
                self._processes[worker][0].join(_GRACE_S)  # it is about to end by itself, and says how
                happened.append(Ended(worker, self._replace(worker)))
                continue
            self._idle.append(worker)
            if isinstance(message, Answer):
                happened.append(Answered(worker, message))
        return happened

    def end(self, worker: Worker) -> None:
        """Kill a worker and start another one."""
        self._replace(worker)

    def close(self) -> None:
        """Idle workers let go of their methods; all others are killed."""
        leaving = [self._processes[worker] for worker in self._idle]
        for _, pipe in leaving:
            pipe.close()
        for process, _ in leaving:
            process.join(_GRACE_S)
        for worker in list(self._processes):
            self._kill(worker)

    def _start(self, device: str) -> None:
        ours, theirs = multiprocessing.Pipe()
        worker = Worker(f"{device}#{next(self._numbers)}", device)
        self._processes[worker] = spawn(_serve, theirs, device), ours
        theirs.close()

    def _replace(self, worker: Worker) -> str:
        why = self._kill(worker)
        self._start(worker.device)
        return why

    def _kill(self, worker: Worker) -> str:
        """Make sure that a worker is gone; how it ended."""
        process, pipe = self._processes.pop(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        process.kill()
        process.join()
        pipe.close()
        return ended_how(process.exitcode)


def ended_how(code: int | None) -> str:
    """How a process ended, in words."""
    if code == -signal.SIGKILL:
        return "its worker process was killed, most likely because memory ran out"
    if code is not None and code < 0:
        return f"its worker process crashed ({signal.Signals(-code).name})"
    return f"its worker process ended with exit code {code}"


def _serve(pipe: Connection, device: str) -> None:
    """The life of a worker."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)  # even while a library keeps Python from running
    begin()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    bench = Bench(device)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(_READY)
        while True:
            pipe.send(bench.do(pipe.recv()))
    bench.close()
    os._exit(0)


@contextmanager
def local_engine(devices: Sequence[str]) -> Iterator[LocalEngine]:
    """Processes that end with the block."""
    engine = LocalEngine(devices)
    try:
        yield engine
    finally:
        engine.close()
