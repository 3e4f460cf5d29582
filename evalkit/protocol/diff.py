"""What differs between two protocols, key by key and row by row."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.base.csvfile import read_rows
from evalkit.errors import ProtocolError
from evalkit.protocol.schema import PROSE, Protocol

_IGNORED = {"id", "version", "supersedes"}


@dataclass(frozen=True)
class Difference:
    """One key that differs. `moves_numbers` is false for prose."""

    key: str
    a: Any
    b: Any
    moves_numbers: bool


@dataclass(frozen=True)
class ProtocolDiff:
    """Keys that differ, and rows that only one of two pair lists has."""

    keys: tuple[Difference, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    @property
    def comparable(self) -> bool:
        """Whether numbers of the two protocols mean the same."""
        return not (self.only_a or self.only_b or any(difference.moves_numbers for difference in self.keys))


def diff_protocols(a: Protocol, b: Protocol) -> ProtocolDiff:
    """Compare everything but names and versions. Lists are compared by their rows, not by file name."""
    left, right = (dict(_flat(protocol.model_dump(mode="json"))) for protocol in (a, b))
    keys = [
        Difference(key, left.get(key), right.get(key), key.partition(".")[0] not in PROSE)
        for key in sorted({*left, *right} - _IGNORED)
        if left.get(key) != right.get(key) and key != "pairs.list"
    ]
    rows_a, rows_b = _rows(a.list_path), _rows(b.list_path)
    return ProtocolDiff(
        tuple(keys),
        tuple(row for row in rows_a if row not in rows_b),
        tuple(row for row in rows_b if row not in rows_a),
    )


def _flat(content: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _rows(path: Path | None) -> dict[str, None]:
    """Rows as text, in order."""
    if path is None:
        return {}
    rows = read_rows(path, ("source", "driving"), ProtocolError)
    return {", ".join(f"{key} {value}" for key, value in row.cells.items() if value): None for row in rows}
