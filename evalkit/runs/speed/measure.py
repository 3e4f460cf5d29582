"""Turns of a piece of work and the reference kernel, and the ratio of their times with its spread."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evalkit.runs.speed.workload import Run

Clock: TypeAlias = Callable[[], float]
TURNS = 5
"""At least: of fewer the quartiles are the extremes."""
_MOST_TURNS = 50
_SHORTEST_S = 0.01
"""What takes less is repeated within a turn: one run of it would be mostly clock and caches."""
_LONGEST_KERNEL_S = 0.1
_TICK_S = 1e-9


@dataclass(frozen=True)
class Timing:
    """Turns of one piece of work: seconds of a run, and how many runs of the kernel took as long.

    `ratio` is the median over the turns, `low` and `high` are the quartiles.
    """

    seconds: float
    ratio: float
    low: float
    high: float
    turns: int


@dataclass(frozen=True)
class Plan:
    """How many turns, and how often work and kernel run in one."""

    turns: int
    runs: int
    kernels: int


def clock_of(device: str) -> Clock:
    """Seconds of the processor on a CPU, which others may share; by the clock on a GPU, whose work no process sees."""
    return time.process_time if device == "cpu" else time.perf_counter


def plan(once: float, kernel_once: float, seconds: float) -> Plan:
    """For work and a kernel that take so long, the turns for about so many `seconds`, and at least `TURNS`."""
    runs = max(1, round(_SHORTEST_S / max(once, _TICK_S)))
    turn = once * runs
    # Where the work is longer than the kernel, the kernel is repeated to see the same noise.
    kernels = max(1, round(min(turn / 2, _LONGEST_KERNEL_S) / max(kernel_once, _TICK_S)))
    turns = round(seconds / max(turn + kernels * kernel_once, _TICK_S))
    return Plan(min(_MOST_TURNS, max(TURNS, turns)), runs, kernels)


def measure(run: Run, kernel: Run, clock: Clock, seconds: float) -> Timing:
    """Time both in turns, the kernel before and after each. Neither may have anything to load any more."""
    turns = plan(each(run, 1, clock), each(kernel, 1, clock), seconds)
    kernels, runs = [each(kernel, turns.kernels, clock)], []
    for _ in range(turns.turns):
        runs.append(each(run, turns.runs, clock))
        kernels.append(each(kernel, turns.kernels, clock))
    return timing(runs, kernels)


def timing(runs: Sequence[float], kernels: Sequence[float]) -> Timing:
    """Of seconds of runs, and of the kernel before the first and after each."""
    beside = (np.array(kernels[:-1]) + np.array(kernels[1:])) / 2
    ratios = np.array(runs) / beside
    low, ratio, high = (float(one) for one in np.quantile(ratios, (0.25, 0.5, 0.75)))
    return Timing(float(np.median(runs)), ratio, low, high, len(ratios))


def each(run: Run, times: int, clock: Clock) -> float:
    """Seconds of one of so many runs."""
    began = clock()
    for _ in range(times):
        run()
    return (clock() - began) / times
