"""A table as JSON."""

import json
from dataclasses import asdict

from evalkit.tables.table import Table


def as_json(table: Table) -> str:
    """Everything in the table, unrounded, as one JSON object."""
    return json.dumps(asdict(table), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
