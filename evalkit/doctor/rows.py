"""Whether what is installed differs from what the leaderboards that come with evalkit were measured with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.base.files import read_json
from evalkit.doctor.facts import Rows


def read_rows(leaderboards: str) -> list[Mapping[str, Any]]:
    """The provenance of every row; unreadable rows are skipped."""
    found: list[Mapping[str, Any]] = []
    for path in sorted(Path(leaderboards).glob("*/*.json")):
        try:
            provenance = dict(read_json(path)["provenance"])
            libraries = provenance.get("libraries")
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if libraries is None or _are_versions(libraries):
            found.append(provenance)
    return found


def _are_versions(libraries: object) -> bool:
    return isinstance(libraries, dict) and all(isinstance(one, str | None) for one in libraries.values())


def compare_rows(rows: Sequence[Mapping[str, Any]], installed: Mapping[str, str | None]) -> Rows:
    """Versions in `rows` beside `installed` (library -> version). Older rows hold no library versions."""
    recorded = [row["libraries"] for row in rows if row.get("libraries")]
    measured = {
        name: sorted({libraries[name] for libraries in recorded if libraries.get(name)})
        for name in sorted({name for libraries in recorded for name in libraries})
    }
    return Rows(
        count=len(rows),
        recorded=len(recorded),
        evalkit=tuple(sorted({str(row["evalkit"]) for row in rows if row.get("evalkit")})),
        commits=tuple(sorted({str(row["commit"]) for row in rows if row.get("commit")})),
        differing={
            name: {"measured": versions, "installed": installed.get(name)}
            for name, versions in measured.items()
            if versions and versions != [installed.get(name)]
        },
    )
