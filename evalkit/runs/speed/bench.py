"""Measure pieces of work one after another, and make sure of those that seem slower than they were."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evalkit.runs.speed.baseline import Change, Measurement, SpeedFile, compare, measured, slower_ones
from evalkit.runs.speed.kernel import kernel_on
from evalkit.runs.speed.material import Material
from evalkit.runs.speed.measure import clock_of, measure
from evalkit.runs.speed.workload import Workload

SECONDS = 0.3
"""For one piece of work, kernel included."""
_LARGE_BYTES = (32 << 20) - (64 << 10)
_SURE = 3
"""What seems slower is measured again for so many times as long."""


def measure_all(
    workloads: Sequence[Workload], device: str, seconds: float, done: Callable[[str], None]
) -> dict[str, Measurement]:
    """Name -> measurement of all that can run here. `done` is told of each."""
    kernel, clock, found = kernel_on(device), clock_of(device), {}
    kernel()
    settle_memory()
    with tempfile.TemporaryDirectory(prefix="evalkit-bench") as folder:
        material = Material(Path(folder), device)
        for workload in (one for one in workloads if not one.lacks):
            run = workload.prepare(material)
            run()
            found[workload.name] = measured(workload.work, workload.units, measure(run, kernel, clock, seconds))
            done(workload.name)
    return found


def hold_against(
    baseline: SpeedFile,
    now: dict[str, Measurement],
    again: Callable[[Sequence[str], float], dict[str, Measurement]],
    seconds: float,
    slower: float,
) -> tuple[dict[str, Measurement], list[Change]]:
    """The measurements that count, and what changed.

    What seems slower is measured `again` (names, seconds -> measurements), longer; only what is slower both times is.
    """
    before = baseline.measurements
    if suspects := slower_ones(compare(before, now, slower)):
        now = now | again(suspects, seconds * _SURE)
    return now, compare(before, now, slower)


def settle_memory() -> None:
    """Let the C library keep freed memory, as it does once a large block was freed, whatever is measured first.

    Before, every array of some megabytes is new memory, whose first use costs as much as the arithmetic.
    """
    for _ in range(2):
        block = np.empty(_LARGE_BYTES, np.uint8)
        block[:: 1 << 12] = 1
        del block
