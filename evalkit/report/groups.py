"""The section of groups: a small table for every group of driving frames."""

from typing import Any

from evalkit.base.places import cache_dir
from evalkit.report.build import Options
from evalkit.report.collect import Comparison
from evalkit.runs.slices.conditions import read_attributes
from evalkit.runs.slices.sliced import Slice, sliced
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.tables.cells import ARROWS, number
from evalkit.tables.options import TableOptions
from evalkit.tables.table import table_of


def group_tables(comparison: Comparison, options: Options) -> list[dict[str, Any]]:
    """A heading, columns and rows per group of each grouping in `options.by`. Raises as `sliced` does."""
    if not options.by:
        return []
    bank, folders = FeatureBank(FeatureCache(cache_dir())), [method.folder.path for method in comparison.methods]
    labels = read_attributes(options.attributes) if options.attributes else {}
    parts = (part for by in options.by for part in sliced(folders, by, bank, labels, options.data))
    return [_table(part) for part in parts]


def _table(part: Slice) -> dict[str, Any]:
    table = table_of(part.results, TableOptions(columns=()))
    people = max((entry.people for one in part.results for entry in one.summary.metrics.values()), default=0)
    return {
        "heading": part.heading,
        "people": people,
        "columns": [{"title": c.title, "arrow": ARROWS[c.better], "better": c.better} for c in table.columns],
        "rows": [
            {
                "title": title,
                "cells": [
                    {"text": number(cell, column), "mark": cell.mark, "notes": cell.notes, "word": cell.word}
                    for cell, column in zip(cells, table.columns, strict=True)
                ],
            }
            for title, cells in table.rows
        ],
    }
