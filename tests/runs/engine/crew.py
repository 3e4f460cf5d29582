"""An engine whose workers are in this process and do what the test says, in an order that a seed decides."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Sequence
from itertools import count

from evalkit.runs.engine.bench import Bench
from evalkit.runs.engine.tasks import Answer, Answered, Ended, Make, Task, Worker

SIGKILL = "its worker process was killed"


class Crew:
    """Workers on `devices`, one thing at a time: a task ends, a worker dies, comes or leaves.

    `fate(task)` is "die" for a task that kills its worker before anything is done, "late" for one that kills it when
    all is written, "hang" for one that never ends, an `Answer` that is given instead, or None. `unrest` is the share of
    steps in which some worker dies, comes or leaves.
    """

    def __init__(
        self,
        devices: Sequence[str] = ("cpu", "cpu"),
        seed: int = 0,
        fate: Callable[[Task], str | Answer | None] = lambda task: None,
        unrest: float = 0.0,
    ) -> None:
        self.kinds = frozenset(device.partition(":")[0] for device in devices)
        self.fate, self.unrest = fate, unrest
        self.given: list[tuple[Worker, Task]] = []
        self.ended: list[Worker] = []
        self._numbers, self._chance = count(1), random.Random(seed)
        self._busy: dict[Worker, Task] = {}
        self._fates: dict[Worker, str | Answer | None] = {}
        self._benches: dict[Worker, Bench] = {}
        for device in devices:
            self.join(device)

    def join(self, device: str) -> None:
        worker = Worker(f"{device}#{next(self._numbers)}", device)
        self._benches[worker] = Bench(device)

    def idle(self) -> Sequence[Worker]:
        return [worker for worker in self._benches if worker not in self._busy]

    def give(self, worker: Worker, task: Task) -> None:
        assert worker in self.idle()
        self._busy[worker] = pickle.loads(pickle.dumps(task))  # it goes to another process
        self._fates[worker] = self.fate(task)
        self.given.append((worker, task))

    def wait(self, seconds: float) -> Sequence[Answered | Ended]:
        if self._chance.random() < self.unrest:
            return self._unrest()
        able = [worker for worker in self._busy if self._fates[worker] != "hang"]
        if not able:
            return []
        worker = self._chance.choice(able)
        task = self._busy.pop(worker)
        fate = self._fates[worker]
        if isinstance(fate, Answer):
            return [Answered(worker, fate)]
        if fate == "die":
            return [self._replace(worker)]
        answer = pickle.loads(pickle.dumps(self._benches[worker].do(task)))
        return [self._replace(worker)] if fate == "late" else [Answered(worker, answer)]

    def end(self, worker: Worker) -> None:
        self._busy.pop(worker, None)
        self.ended.append(worker)
        self._replace(worker)

    def close(self) -> None:
        pass

    def _replace(self, worker: Worker) -> Ended:
        del self._benches[worker]
        self.join(worker.device)
        return Ended(worker, SIGKILL)

    def _unrest(self) -> Sequence[Answered | Ended]:
        kind = self._chance.choice(["join", "leave", "late"])
        if kind == "join":
            self.join("cpu")
            return []
        worker = self._chance.choice(list(self._benches))
        task = self._busy.pop(worker, None)
        if task and kind == "late":
            self._benches[worker].do(task)
        ended = self._replace(worker)
        if kind == "leave" and len(self._benches) > 1:
            del self._benches[list(self._benches)[-1]]
        return [ended]


def made(task: Task, pair: str) -> bool:
    """Whether a task is to make this pair."""
    return isinstance(task, Make) and task.pair.id == pair
