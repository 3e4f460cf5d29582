"""An engine of Ray actors. Ray decides where they live, restarts no one, and ends them with the command.

An actor that dies, with its process or its node, is replaced by a new one, which Ray places as soon as some node has
room: workers come and go with the nodes. Tasks and answers are small; frames never go through Ray's object store.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from evalkit.base.extras import missing_library
from evalkit.base.plugins import import_files
from evalkit.errors import EvalkitError, RunError
from evalkit.records.provenance import version_line
from evalkit.runs.engine.bench import Bench
from evalkit.runs.engine.tasks import Answer, Answered, Ended, Task, Worker

_QUIET = {"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_USAGE_STATS_ENABLED": "0"}
"""Ray would send the working folder to its nodes under `uv run`, and usage to its makers."""
_CARRIED = ("EVALKIT_", "OMP_NUM_THREADS", "PYTHONPATH")
"""Variables that a worker has from the command, whatever its node says."""


class RayBench:
    """A worker's side: a `Bench` in a process of Ray's, in the folder where the command was given."""

    def __init__(self, device: str, folder: str) -> None:
        if not Path(folder).is_dir():
            raise RunError(
                f"{folder} is not on this node: the folder of the command has to be on a shared file system."
            )
        os.chdir(folder)
        import_files()
        self._bench = Bench(device)

    def version(self) -> str:
        """Of evalkit on this node."""
        return version_line()

    def do(self, task: Task) -> Answer:
        """Do a task."""
        return self._bench.do(task)


class RayEngine:
    """Actors that make clips on a GPU, `gpus` of them, and `cpus` that do all the rest."""

    def __init__(
        self, ray: Any, gpus: int | None, cpus: int | None, gpu: float, resources: Mapping[str, float]
    ) -> None:
        self._ray, self._numbers = ray, count(1)
        there = ray.cluster_resources()
        gpus = int(there.get("GPU", 0) / gpu) if gpus is None else gpus
        cpus = max(int(there.get("CPU", 1)) - gpus, 1) if cpus is None else cpus
        makers = {"num_gpus": gpu, "num_cpus": 1, "resources": dict(resources)}
        others = {"num_cpus": 1, "resources": {} if gpus else dict(resources)}
        self._options = {"cuda:0": makers, "cpu": others}
        self._refuse_impossible(there, [*[makers] * min(gpus, 1), others])
        self.kinds = frozenset({"cpu", *(["cuda"] if gpus else [])})
        self._actors: dict[Worker, Any] = {}
        self._pending: dict[Any, Worker] = {}
        self._idle: list[Worker] = []
        for device in [*["cuda:0"] * gpus, *["cpu"] * cpus]:
            self._start(device)

    def idle(self) -> Sequence[Worker]:
        """Workers that are ready for a task."""
        return tuple(self._idle)

    def give(self, worker: Worker, task: Task) -> None:
        """Send a task to an idle worker."""
        self._idle.remove(worker)
        self._pending[self._actors[worker].do.remote(task)] = worker

    def wait(self, seconds: float) -> Sequence[Answered | Ended]:
        """What happened, as soon as something does. Raises `RunError` for a node with another evalkit."""
        if not self._pending:
            return []
        self._ray.wait(list(self._pending), num_returns=1, timeout=seconds)
        ready, _ = self._ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)
        happened: list[Answered | Ended] = []
        for ref in ready:
            worker = self._pending.pop(ref)
            try:
                message = self._ray.get(ref)
            except self._ray.exceptions.RayTaskError as error:  # of its `__init__`, or a bug
                cause = error.as_instanceof_cause()
                raise (RunError(str(cause.args[0])) if isinstance(cause, EvalkitError) else cause) from error
            except self._ray.exceptions.RayError as error:
                happened.append(Ended(worker, _why(error)))
                self._replace(worker)
                continue
            if isinstance(message, Answer):
                happened.append(Answered(worker, message))
            elif message != version_line():
                raise RunError(f"A node has {message}, this command is {version_line()}. Install one on all nodes.")
            self._idle.append(worker)
        return happened

    def end(self, worker: Worker) -> None:
        """Kill a worker and ask for another one."""
        self._replace(worker)

    def close(self) -> None:
        """End all workers."""
        for worker in list(self._actors):
            self._kill(worker)

    def _start(self, device: str) -> None:
        worker = Worker(f"{device}#{next(self._numbers)}", device)
        actor = self._ray.remote(RayBench).options(**self._options[device], max_restarts=0)
        self._actors[worker] = actor.remote(device, str(Path.cwd()))
        self._pending[self._actors[worker].version.remote()] = worker

    def _replace(self, worker: Worker) -> None:
        self._kill(worker)
        self._start(worker.device)

    def _kill(self, worker: Worker) -> None:
        self._pending = {ref: other for ref, other in self._pending.items() if other != worker}
        if worker in self._idle:
            self._idle.remove(worker)
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._actors.pop(worker))

    def _refuse_impossible(self, there: Mapping[str, float], wanted: Sequence[Mapping[str, Any]]) -> None:
        """What no node has now may come with another node; of a GPU or a resource that nobody has at all, say so."""
        for options in wanted:
            needed = {"GPU": options.get("num_gpus", 0), **options["resources"]}
            if lacking := [name for name, amount in needed.items() if amount and name not in there]:
                raise RunError(
                    f"No node of the Ray cluster has the resource {lacking[0]}; it has {', '.join(sorted(there))}. "
                    "Start a node with it first, or leave out what asks for it."
                )


def _why(error: Exception) -> str:
    """How an actor ended, on one line."""
    if type(error).__name__ == "OutOfMemoryError":
        return "Ray ended its worker because the memory of its node ran out"
    if "its node has died" in str(error):
        return "the node of its worker is gone"
    return "its worker process on a Ray node was killed or crashed"


@contextmanager
def ray_engine(
    address: str, gpus: int | None, cpus: int | None, gpu: float, resources: Mapping[str, float]
) -> Iterator[RayEngine]:
    """Actors on the cluster at `address` that end with the block; so does a cluster that was started for it.

    Raises `MissingLibraryError` without Ray, and `RunError` for a cluster that cannot be reached.
    """
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise missing_library(error) or error from error
    variables = {name: value for name, value in os.environ.items() if name.startswith(_CARRIED)}
    # The threads of a network are part of its last bits: as many as in a process on this machine.
    variables.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    try:
        ray.init(
            address=address,
            namespace="evalkit",
            runtime_env={"env_vars": variables},
            log_to_driver=False,
            logging_level="error",
            **({"include_dashboard": False} if address == "local" else {}),
        )
    except (ConnectionError, TimeoutError, ValueError, RuntimeError) as error:
        raise RunError(f"--address {address}: no Ray cluster can be reached there ({error}).") from error
    try:
        engine = RayEngine(ray, gpus, cpus, gpu, resources)
        try:
            yield engine
        finally:
            engine.close()
    finally:
        ray.shutdown()
