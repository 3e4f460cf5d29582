"""Columns that are no metrics: what a method costs, on how much its numbers stand, and who stands for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from evalkit.tables.cells import NOTHING, Cell, Column, words
from evalkit.tables.results import Measured
from evalkit.tables.words import SELF_REPORTED, STATUS, Extra

TIMES: tuple[Extra, ...] = ("fps", "latency", "memory")
"""Numbers of two machines are not compared."""


def extra_column(name: Extra, heading: str) -> Column:
    """The column called `name` in the group `heading`."""
    return replace(_COLUMNS[name][0], group=heading)


def extra_cell(name: Extra, result: Measured, signs: str) -> Cell:
    """What `result` says there; `signs` stand behind a number that was timed."""
    if name == "status":
        return words(result.status or SELF_REPORTED)
    value = _COLUMNS[name][1](result)
    if value is None:
        return NOTHING
    return Cell(value, "", None, None, None, signs if name in TIMES else "")


def costs_of_all(results: Sequence[Measured]) -> tuple[Extra, ...] | None:
    """Speed, latency and memory, for `TableOptions.columns`; None where only speed was measured, or nothing."""
    timed = any(result.fps for result in results) and any(result.costs.measured for result in results)
    return TIMES if timed else None


def conditions(results: Sequence[Measured]) -> str:
    """Device and precision, frames at a time, warm-up and kind of memory, without which costs say little."""
    timed = [result for result in results if result.fps]
    facts = (
        ("Timed on", (result.machine for result in timed)),
        ("Frames per step:", (f"{r.title} {r.costs.batch}" if r.costs.batch else "" for r in timed)),
        ("Warm-up:", (result.costs.warm_up for result in timed)),
        ("Memory:", (result.costs.memory_of for result in timed if result.costs.peak_memory_mb is not None)),
    )
    stated = ((name, [text for text in dict.fromkeys(texts) if text]) for name, texts in facts)
    return "".join(f" {name} {'; '.join(texts)}." for name, texts in stated if texts)


def _coverage(result: Measured) -> float | None:
    shares = [entry.coverage for entry in result.summary.metrics.values() if entry.status != "unavailable"]
    return 100 * min(shares) if shares else None


def _people(result: Measured) -> float | None:
    return max((entry.people for entry in result.summary.metrics.values()), default=0) or None


_COLUMNS: Mapping[Extra, tuple[Column, Callable[[Measured], float | None]]] = {
    "fps": (Column("fps", "FPS", "higher", "", 1), lambda result: result.fps),
    "latency": (Column("latency", "Latency (ms)", "lower", "ms", 1), lambda result: result.costs.latency_ms),
    "memory": (Column("peak_memory", "Memory (MB)", "lower", "MB", 0), lambda result: result.costs.peak_memory_mb),
    "coverage": (Column("coverage", "Coverage (%)", "", "%", 1), _coverage),
    "people": (Column("people", "People", "", "", 0), _people),
    "pairs": (Column("pairs", "Pairs", "", "", 0), lambda result: result.summary.pairs.scored),
    "status": (Column(STATUS, "Status", "", "", 0), lambda result: None),
}
