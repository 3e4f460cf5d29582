"""Measurements in a file, and what became slower since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.errors import RunError
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import Record, read_record, write_record
from evalkit.records.provenance import device_name, provenance
from evalkit.runs.speed.kernel import VERSION
from evalkit.runs.speed.measure import Timing

SLOWER = 1.5
"""From this factor on a change is one: the same work differs by up to a fifth between two sessions."""


class Measurement(Record):
    """One piece of work."""

    work: str
    """What one run did, in words."""
    units: int
    """Frames, rows or tables of a run."""
    seconds: float
    """Of one run: of the processor on a CPU, by the clock on a GPU."""
    ratio: float
    """To the time of the reference kernel, which took turns with it: the median over the turns."""
    low: float
    """Lower quartile of the ratio."""
    high: float
    """Upper quartile of the ratio."""
    turns: int
    """How often it was measured."""


class SpeedFile(Record):
    """A file of measurements."""

    schema_version: int
    """Of this file."""
    evalkit: str
    """Version of evalkit."""
    kernel: int
    """Version of the reference kernel."""
    device: str
    """`cpu` or `cuda`."""
    machine: str
    """Name of the processor or the GPU."""
    libraries: Mapping[str, str | None]
    """Versions; null for those that are not installed."""
    measurements: Mapping[str, Measurement]
    """By name."""


@dataclass(frozen=True)
class Change:
    """One piece of work now and in the baseline. `factor` is how much longer it takes, in runs of the kernel."""

    name: str
    factor: float | None
    state: Literal["same", "slower", "faster", "other work", "new"]


def measured(work: str, units: int, timing: Timing) -> Measurement:
    """A timing with what was timed."""
    return Measurement(
        work=work,
        units=units,
        seconds=timing.seconds,
        ratio=timing.ratio,
        low=timing.low,
        high=timing.high,
        turns=timing.turns,
    )


def speed_of(device: str, measurements: Mapping[str, Measurement]) -> SpeedFile:
    """What is kept of measurements on this machine."""
    facts = provenance()
    return SpeedFile(
        schema_version=SCHEMA_VERSION,
        evalkit=facts["evalkit"],
        kernel=VERSION,
        device=device.partition(":")[0],
        machine=device_name(device),
        libraries=facts["libraries"],
        measurements=dict(measurements),
    )


def save_speed(path: Path, speed: SpeedFile) -> None:
    """Write them as JSON."""
    write_record(path, speed)


def read_baseline(path: Path, device: str) -> SpeedFile:
    """Measurements to hold others against.

    Raises `RunError` for another file, and for one of another kind of device or another kernel.
    """
    found = read_record(path, SpeedFile)
    kind = device.partition(":")[0]
    if found.device != kind:
        raise RunError(f"{path}: measured on {found.device}, not on {kind}. Measure a baseline there with --save.")
    if found.kernel != VERSION:
        raise RunError(
            f"{path}: ratios to version {found.kernel} of the reference kernel; this evalkit has {VERSION}. "
            "Measure the baseline again with --save."
        )
    return found


def compare(before: Mapping[str, Measurement], now: Mapping[str, Measurement], slower: float = SLOWER) -> list[Change]:
    """What changed, in the order of `now`.

    Slower is what takes `slower` times as many runs of the kernel or more, and whose fastest quarter of turns is beyond
    the slowest quarter of the baseline; faster the other way round.
    """
    return [_change(name, before.get(name), measurement, slower) for name, measurement in now.items()]


def slower_ones(changes: Sequence[Change]) -> list[str]:
    """Names of what became slower."""
    return [one.name for one in changes if one.state == "slower"]


def _change(name: str, before: Measurement | None, now: Measurement, slower: float) -> Change:
    if before is None:
        return Change(name, None, "new")
    if before.work != now.work:
        return Change(name, None, "other work")
    factor = now.ratio / before.ratio
    if factor >= slower and now.low > before.high:
        return Change(name, factor, "slower")
    if factor <= 1 / slower and now.high < before.low:
        return Change(name, factor, "faster")
    return Change(name, factor, "same")
