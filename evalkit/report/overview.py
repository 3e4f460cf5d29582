"""The first page: how much was measured, the ranked table, and where its rows come from."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from evalkit.metrics import METRICS
from evalkit.records.output_rules import without_mark
from evalkit.report.collect import Comparison, MethodRun
from evalkit.report.ranks import Ranks
from evalkit.report.trust import changed_code
from evalkit.tables.cells import ARROWS, Cell, Column, number
from evalkit.tables.table import ANCHOR, INCOMPLETE, LOW_COVERAGE, NO_GAIN, OTHER_MACHINE, of_truth
from evalkit.tables.words import SELF_REPORTED

_AGAINST_TRUTH = " Here the true clip, the source person making the driving motion, stands for the driving frames."
_CLASSES = {LOW_COVERAGE: "low", INCOMPLETE: "incomplete", OTHER_MACHINE: "machine", ANCHOR: "anchor", NO_GAIN: "low"}


def columns(comparison: Comparison) -> list[dict[str, Any]]:
    """Table columns with what stands behind each: the signature in lines, the definition, and where it comes from."""
    return [_column(comparison, column) for column in comparison.table.columns]


def rows(comparison: Comparison, ranks: Ranks, checked: Mapping[int, str]) -> list[dict[str, Any]]:
    """Table rows, best first; `checked` are the verified ones, by index of the method.

    A cell's `left`, `width` and `at` place its interval and value on its column, in %.
    """
    scales = [scale_of(cells) for cells in zip(*(cells for _, cells in comparison.table.rows), strict=True)]
    return [
        {
            "method": index,
            "title": comparison.table.rows[index][0],
            "anchor": comparison.methods[index].measured.anchor,
            "status": SELF_REPORTED if index not in checked else "verified",
            "rank": ranks.standings.get(index),
            "cells": [
                cell_facts(cell, column, scale)
                for cell, column, scale in zip(
                    comparison.table.rows[index][1], comparison.table.columns, scales, strict=True
                )
            ],
        }
        for index in ranks.order
    ]


def counts(comparison: Comparison) -> list[tuple[int, str]]:
    """How much was measured: (number, noun)."""
    frames = max((entry.frames for m in comparison.methods for entry in m.measured.summary.metrics.values()), default=0)
    numbers = (
        (len(comparison.methods), "method"),
        (len(comparison.pairs), "pair"),
        (len(comparison.people), "identity"),
    )
    words = [
        (number, noun if number == 1 else "identities" if noun == "identity" else f"{noun}s")
        for number, noun in numbers
    ]
    return [*words, (frames, "frames per method")]


def site_data(comparison: Comparison, ranks: Ranks) -> dict[str, Any]:
    """What every page needs to name methods and metrics."""
    return {
        "title": comparison.protocol.title,
        "task": comparison.summary.task,
        "methods": [
            {"title": title, "anchor": method.measured.anchor}
            for method, (title, _) in zip(comparison.methods, comparison.table.rows, strict=True)
        ],
        "order": list(ranks.order),
        "metrics": [
            {key: column[key] for key in ("key", "title", "variant", "better", "unit", "decimals", "clips")}
            for column in map(partial(_column, comparison), comparison.metrics)
        ],
    }


def runs(
    comparison: Comparison, gates: Mapping[int, Sequence[Mapping[str, Any]]], checked: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Where each row comes from; `gates` are links to verdicts, `checked` how it was verified, by method."""
    return [
        {
            "title": title,
            "facts": [("Status", checked.get(index, SELF_REPORTED)), *_provenance(method)],
            "gates": gates.get(index, ()),
        }
        for index, (method, (title, _)) in enumerate(zip(comparison.methods, comparison.table.rows, strict=True))
    ]


def column_facts(column: Column, signature: str | None, clips: int | None) -> dict[str, Any]:
    """What a page says of a column; `signature` stands behind its numbers, `clips` is its place among clip means."""
    metric = METRICS.get(column.key)
    return {
        "key": column.key,
        "title": column.title,
        "sign": column.sign,
        "variant": column.key.partition("[")[2].rstrip("]"),
        "arrow": ARROWS[column.better],
        "better": column.better,
        "unit": column.unit,
        "decimals": column.decimals,
        "clips": clips,
        "signature": without_mark(signature).split("|") if signature else [],
        "description": (metric.description if metric else "") + (_AGAINST_TRUTH if of_truth(signature) else ""),
        "paper": metric.paper if metric else "",
    }


def scale_of(cells: Iterable[Cell]) -> tuple[float, float]:
    """The range of the values and intervals of a column."""
    values = [v for cell in cells for v in (cell.value, cell.low, cell.high) if v is not None]
    return (min(values), max(values)) if values else (0.0, 1.0)


def cell_facts(cell: Cell, column: Column, scale: tuple[float, float]) -> dict[str, Any]:
    """What a page says of a number; `left`, `width` and `at` place its interval and value on `scale`, in %."""
    low, high = scale

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 1) if high > low else 50.0

    interval = None if cell.low is None or cell.high is None else (cell.low, cell.high)
    return {
        "text": number(cell, column),
        "value": cell.value,
        "mark": cell.mark,
        "notes": cell.notes,
        "classes": " ".join(_CLASSES[sign] for sign in cell.notes if sign in _CLASSES),
        "coverage": None if cell.coverage is None else 100 * cell.coverage,
        "interval": None if interval is None else " to ".join(f"{bound:.{column.decimals}f}" for bound in interval),
        "word": cell.word,
        "skewed": cell.skewed,
        "at": None if cell.value is None else place(cell.value),
        "left": None if interval is None else place(interval[0]),
        "width": None if interval is None else round(place(interval[1]) - place(interval[0]), 1),
    }


def _column(comparison: Comparison, column: Column) -> dict[str, Any]:
    entries = [m.measured.summary.metrics.get(column.key) for m in comparison.methods]
    signature = next((entry.signature for entry in entries if entry and entry.signature), None)
    keys = [paired.key for paired in comparison.paired]
    return column_facts(column, signature, keys.index(column.key) if column.key in keys else None)


def _provenance(method: MethodRun) -> list[tuple[str, str]]:
    header, configuration = method.header, method.header.configuration
    provenance, checkpoint = header.provenance, configuration.checkpoint_sha256
    told = [
        ("Run folder", str(method.folder.path)),
        ("Finished", header.updated),
        ("Checkpoint", f"sha256 {checkpoint}" if checkpoint else "no checkpoint file"),
        ("Options", ", ".join(f"{k}={v}" for k, v in (configuration.options or {}).items())),
        ("Protocol hash", configuration.protocol_hash),
        ("Machine", method.measured.machine),
        (
            "evalkit",
            f"{provenance.evalkit}, commit {provenance.commit or 'unknown'}{' (changed)' * changed_code(method)}",
        ),
    ]
    return [(name, text) for name, text in told if text]
