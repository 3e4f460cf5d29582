"""Ranks of the methods of a report, by the rule of the leaderboards (`evalkit.statistics.ranking`)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.report.collect import Comparison
from evalkit.statistics.ranking import MetricScores, Standing, standings
from evalkit.tables.cells import Column


@dataclass(frozen=True)
class Ranks:
    """`order` is the methods' indices as the table shows them; `standings` and `ranked_by` are empty without ranks."""

    order: tuple[int, ...]
    standings: dict[int, Standing]
    ranked_by: tuple[str, ...]


def ranks(comparison: Comparison) -> Ranks:
    """Complete runs of real methods by Borda over the metrics they all have, then the others, anchors last."""
    methods = [method.measured for method in comparison.methods]
    able = [i for i, m in enumerate(methods) if m.summary.complete and not m.anchor and not m.flags]
    used = [column for column in comparison.metrics if all(_ranked(comparison, i, column.key) for i in able)]
    found: dict[int, Standing] = {}
    if len(able) > 1 and used:
        people = [(pair.source_identity, pair.driving_identity) for pair in comparison.pairs]
        sources, drivings = zip(*people, strict=True)
        scores = [_scores(comparison, column, able) for column in used]
        found = dict(zip(able, standings(scores, sources, drivings), strict=True))
    last = len(methods) + 1

    def place(index: int) -> tuple[bool, int, int]:
        return methods[index].anchor, found[index].rank if index in found else last, index

    order = tuple(sorted(range(len(methods)), key=place))
    return Ranks(order, found, tuple(column.key for column in used) if found else ())


def _ranked(comparison: Comparison, index: int, key: str) -> bool:
    entry = comparison.methods[index].measured.summary.metrics.get(key)
    return entry is not None and entry.status == "ok" and entry.value is not None


def _scores(comparison: Comparison, column: Column, able: list[int]) -> MetricScores:
    values = np.array(
        [comparison.methods[i].measured.summary.metrics[column.key].value for i in able], dtype=np.float64
    )
    better: Literal["higher", "lower"] = "higher" if column.better == "higher" else "lower"
    if column.key not in comparison.clips or comparison.protocol.averaging != "clip":
        return MetricScores(column.key, better, values)
    clips = comparison.clips[column.key].means[able]
    return MetricScores(column.key, better, values, clips, np.ones_like(clips))
