"""What workers are asked, and what they answer. Frames never travel: clips and scores are files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol as Interface
from typing import TypeAlias

from evalkit.base.digests import State
from evalkit.records.run_folder import Outcome
from evalkit.runs.plan import Producer
from evalkit.scoring.pool import ScoringJob
from evalkit.types import Pair


@dataclass(frozen=True)
class Make:
    """Make a pair into the run folder `run`, which the process with `token` holds; those `coming` follow it."""

    run: Path
    token: str
    produce: Producer
    pair: Pair
    coming: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Score:
    """Score a pair: all of it on the CPU, or only what runs there, or the rest with networks on `device`."""

    job: ScoringJob
    device: str = "cpu"
    prepare: bool = False


Task: TypeAlias = Make | Score


@dataclass(frozen=True)
class Answer:
    """What a task led to.

    `outcome` is that of a pair that was made, or failed to be. `reason` says why a pair cannot be scored. `stop` is
    what keeps other pairs from being done as well. `broken` says why the worker is of no use any more. `digests` are
    those of the clips it read, `stages` the seconds it took.
    """

    outcome: Outcome | None = None
    reason: str | None = None
    stop: Exception | None = None
    broken: str = ""
    digests: tuple[tuple[Path, State, str], ...] = ()
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Worker:
    """One worker of an engine: its name, and its torch device."""

    name: str
    device: str

    @property
    def kind(self) -> str:
        """`cpu` or `cuda`."""
        return self.device.partition(":")[0]


@dataclass(frozen=True)
class Answered:
    """A worker finished its task."""

    worker: Worker
    answer: Answer


@dataclass(frozen=True)
class Ended:
    """A worker is gone, and its task with it."""

    worker: Worker
    why: str


class Engine(Interface):
    """Workers, wherever they are. They come and go; an engine replaces those that end."""

    kinds: frozenset[str]
    """Which kinds of workers there are or will be."""

    def idle(self) -> Sequence[Worker]:
        """Workers that are ready for a task, in a fixed order."""
        ...

    def give(self, worker: Worker, task: Task) -> None:
        """Send a task to an idle worker."""
        ...

    def wait(self, seconds: float) -> Sequence[Answered | Ended]:
        """What happened, as soon as something does; nothing after that many seconds."""
        ...

    def end(self, worker: Worker) -> None:
        """Kill a worker; no `Ended` tells of it. Another one takes its place."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...
