"""A watch on a training: every N steps a few pairs are animated with the network in memory and scored elsewhere."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.api.callbacks.untouched import untouched
from evalkit.api.finished import Run, read_run
from evalkit.api.progress import notice
from evalkit.api.run import protocol_of
from evalkit.api.score import score
from evalkit.api.track import track
from evalkit.base.processes import process_pool, start
from evalkit.base.world import said_by
from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.method.generate import generate
from evalkit.method.interface import Driving
from evalkit.method.live import live
from evalkit.protocol.schema import Protocol
from evalkit.runs.session import resolve_pairs
from evalkit.types import Frames, Motion, Pair

if TYPE_CHECKING:
    import torch

Animate: TypeAlias = Callable[
    ["torch.nn.Module", Frames, Driving, Motion], NDArray[np.generic] | Iterable[NDArray[np.generic]]
]
"""(module, sources, driving, motion) -> frames, as a function that `ek.run` takes, with the module before."""
Log: TypeAlias = Callable[[int, Run], object] | Literal["wandb", "mlflow", "tensorboard", "trackio"]
"""A function of step and run, or a tracker."""

MOST_WAITING = 2
"""Looks that may wait to be scored; scoring that is slower than the training falls behind no further."""


@dataclass(frozen=True)
class _Look:
    """What is scored of one step."""

    protocol: Protocol
    generated: Path
    name: str
    tag: str
    data: Path | None
    out: Path
    metrics: tuple[str, ...]
    pairs: tuple[str, ...]


class Watch:
    """Scores a network every N steps of its training.

    In the training process the pairs are animated, with the network in evaluation mode; the state of the training is
    put back. The clips are scored in a process of lower priority, and their results come at a later step. Every look
    leaves a run folder, `<out>/<protocol>/<name>@step-<N>`, which is marked as not complete.

        with ek.callbacks.Watch("folder_self", animate, every=1000, data="clips", log="wandb") as watch:
            for step, batch in enumerate(loader):
                ...
                watch(step, network)

    Nothing that goes wrong in a look ends the training: it is a warning of the logger "evalkit".
    """

    def __init__(
        self,
        protocol: str | Path | Protocol,
        animate: Animate,
        *,
        every: int,
        pairs: int | Sequence[str] = 4,
        data: str | Path | None = None,
        out: str | Path = "runs",
        name: str = "training",
        metrics: Sequence[str] = (),
        log: Log | None = None,
        seed: int = 0,
    ) -> None:
        """Find the pairs, and start nothing yet.

        Args:
            protocol: as of `ek.run`.
            animate: (module, sources, driving, motion) -> frames; called without gradients, in evaluation mode.
            every: steps between two looks; also the first look is after so many.
            pairs: how many, evenly spaced over the protocol, or their ids.
            data, out, metrics: as of `ek.run`.
            name: what the runs are called.
            log: a function of the step and the finished `ek.Run`, or "wandb", "mlflow" or "tensorboard".
            seed: of the random numbers that `animate` draws, the same at every look.

        Raises `EvalkitError` for an unknown protocol or pair and for missing data.
        """
        if every < 1:
            raise EvalkitError(f"every={every}: expected at least 1 step.")
        self.protocol, self.every, self.name, self.log = protocol_of(protocol), every, name, log
        self.data, self.out = Path(data) if data is not None else None, Path(out)
        self.metrics, self.seed = tuple(metrics), seed
        self.pairs = _chosen(resolve_pairs(self.protocol, self.data), pairs)
        self.runs: dict[int, Run] = {}
        self._animate, self._last = animate, -1
        self._stack = ExitStack()
        self._executor: ProcessPoolExecutor | None = None
        self._waiting: list[tuple[int, Future[Path]]] = []

    def __call__(self, step: int, module: "torch.nn.Module") -> None:
        """Say that a step is done: logs what has been scored meanwhile, and looks when it is time."""
        self._settle()
        if step != self._last and step and step % self.every == 0:  # accumulated gradients repeat a step
            self.look(step, module)
        self._last = step

    def look(self, step: int, module: "torch.nn.Module") -> None:
        """Animate the pairs now, whatever the step, and have them scored."""
        if len(self._waiting) >= MOST_WAITING:
            notice(f"Step {step} is not looked at: {len(self._waiting)} looks wait to be scored. Raise `every`.")
            return
        # Hidden, since all else there is a run: tables are made of `runs/<protocol>/*`.
        folder = self.out / self.protocol.id / f".{self.name}-clips" / f"step-{step:07}"
        shutil.rmtree(folder, ignore_errors=True)
        made = self._made(module, folder)
        if made:
            look = _Look(
                self.protocol, folder, self.name, f"step-{step:07}", self.data, self.out, self.metrics, tuple(made)
            )
            if self._executor is None:
                self._executor = self._stack.enter_context(process_pool(1))
            try:
                self._waiting.append((step, start(self._executor, _scored, look)))
            except RuntimeError as error:  # of a pool whose process has died
                notice(f"Step {step} is not scored: {error}")

    def close(self) -> None:
        """Wait for what is being scored, and log it."""
        self._settle(wait=True)
        self._stack.close()
        self._executor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _made(self, module: "torch.nn.Module", folder: Path) -> list[str]:
        """Ids of the pairs that could be animated."""
        method = live(lambda *given: self._animate(module, *given)).method
        made = []
        with untouched(module):
            for pair in self.pairs:
                try:
                    generate(pair, method, self.protocol, folder / f"{pair.id}.mkv", self.seed)
                    made.append(pair.id)
                except (EvalkitError, OSError) as error:
                    notice(f"{pair.id} could not be animated: {error}")
        return made

    def _settle(self, wait: bool = False) -> None:
        while self._waiting and (wait or self._waiting[0][1].done()):
            step, scoring = self._waiting.pop(0)
            try:
                self.runs[step] = read_run(scoring.result())
                self._log(step, self.runs[step])
            except Exception as error:  # whatever it is, the training is worth more
                notice(f"Step {step} could not be scored or logged: {said_by(error)}")

    def _log(self, step: int, run: Run) -> None:
        if callable(self.log):
            self.log(step, run)
        elif self.log is not None:
            track(run, self.log, step=step, name=self.name)


def _chosen(pairs: Sequence[Pair], wanted: int | Sequence[str]) -> list[Pair]:
    if isinstance(wanted, int):
        places = np.linspace(0, len(pairs) - 1, min(wanted, len(pairs))).round().astype(int)
        return [pairs[place] for place in places]
    known = {pair.id: pair for pair in pairs}
    for name in wanted:
        if name not in known:
            raise UnknownNameError("pair", name, known)
    return [known[name] for name in wanted]


def _scored(look: _Look) -> Path:
    """In the process that scores: the folder of the finished run. The training goes first."""
    os.nice(max(0, 10 - os.nice(0)))
    return score(
        look.protocol,
        look.generated,
        look.name,
        tag=look.tag,
        data=look.data,
        out=look.out,
        metrics=look.metrics,
        pairs=look.pairs,
        workers=1,
        overwrite=True,
    ).path
