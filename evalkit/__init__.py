"""evalkit: benchmark and evaluation suite for face reenactment.

`import evalkit as ek` offers the names in `__all__` (docs/python.md), each loaded when it is first used.

Rooms from the ground up; a room imports only rooms above it in this list (`tests/test_imports.py`, and
`python -m tests.architecture --dot` draws it):

types        the words of the project: clips, source frames, pairs
errors       everything that is raised for a reason the user can act on
base         files, CSV, registries, processes: nothing of faces
statistics   intervals, tests and ranks, on numbers alone
clips        pictures in and out
records      what a run leaves on disk
metrics      pure functions of arrays
weights      network files by name
extractors   one network or formula per file, each says something of every frame
protocol     what is measured, on which pairs
tables       results as tables, beside those of papers
datasets     clips on the user's disk, prepared or drawn
figures      pictures of finished runs
method       the border to methods: card, adapter, checkpoints, cost
scoring      from two clips to scores
runs         one run from beginning to end
adapter      the old name of `evalkit.method.interface`, for one release
calibration  how metrics answer to known damage
doctor       what works on this machine, and whether what is plugged in keeps its contract
leaderboard  measured rows, committed, and what is submitted for them
study        user studies
gating       is this checkpoint worse than the baseline
report       runs, leaderboards and the history of the gate as pages
api          what `import evalkit` offers to programs
cli          the command line
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.api import callbacks
    from evalkit.api.finished import Run, read_run
    from evalkit.api.gate import gate
    from evalkit.api.metric import list_metrics, metric
    from evalkit.api.run import run
    from evalkit.api.score import score
    from evalkit.api.site import site
    from evalkit.api.table import table
    from evalkit.api.track import track
    from evalkit.errors import EvalkitError
    from evalkit.method.interface import Method
    from evalkit.metrics.base import Metric
    from evalkit.protocol.schema import Protocol, find_protocol, list_protocols

__version__ = "0.2.0"

__all__ = [
    "EvalkitError",
    "Method",
    "Metric",
    "Protocol",
    "Run",
    "callbacks",
    "find_protocol",
    "gate",
    "list_metrics",
    "list_protocols",
    "metric",
    "read_run",
    "run",
    "score",
    "site",
    "table",
    "track",
]

_HOMES = {
    "EvalkitError": "evalkit.errors",
    "Method": "evalkit.method.interface",
    "Metric": "evalkit.metrics.base",
    "Protocol": "evalkit.protocol.schema",
    "Run": "evalkit.api.finished",
    "callbacks": "evalkit.api.callbacks",
    "find_protocol": "evalkit.protocol.schema",
    "gate": "evalkit.api.gate",
    "list_metrics": "evalkit.api.metric",
    "list_protocols": "evalkit.protocol.schema",
    "metric": "evalkit.api.metric",
    "read_run": "evalkit.api.finished",
    "run": "evalkit.api.run",
    "score": "evalkit.api.score",
    "site": "evalkit.api.site",
    "table": "evalkit.api.table",
    "track": "evalkit.api.track",
}
"""Name -> the module that has it; imported when the name is first used, so that `import evalkit` costs nothing."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    found = home if name == "callbacks" else getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
