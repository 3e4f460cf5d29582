"""A paper's table beside what was measured here: reported, measured, difference, and what is not comparable and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.leaderboard.board import list_boards
from evalkit.tables.papers import Paper, Reported, table_name
from evalkit.tables.results import Measured, read_measured


@dataclass(frozen=True)
class Comparison:
    """One reported number. `measured` is None if nothing was measured; `difference` (measured - reported) is None too
    where the two are known not to mean the same. `why` lists the caveats, most important first."""

    table: str
    group: str
    method: str
    metric: str
    reported: str
    measured: float | None
    key: str | None
    protocol: str | None
    difference: float | None
    why: tuple[str, ...]


def reproduce(paper: Paper, tables: Sequence[str], results: Sequence[Measured]) -> list[Comparison]:
    """Every number of the paper's `tables` beside the results for its method, dataset and task.

    Raises `UnknownNameError` for a table the paper does not have.
    """
    found = []
    for name in tables:
        _, cells = paper.table(name)
        found += [_compare(paper, cell, results) for cell in cells]
    return found


def _compare(paper: Paper, cell: Reported, results: Sequence[Measured]) -> Comparison:
    result = _best_result(paper, cell, results)
    key, value, why = (None, None, [_absent(cell)]) if result is None else _measured(cell, result)
    if result is not None:
        why += _caveats(paper, result)
    why += [f"in doubt: {cell.doubtful}"] if cell.doubtful else []
    why += [f"the paper: {cell.note}"] if cell.note else []
    return Comparison(
        table=table_name(cell.table),
        group=cell.setting if cell.layout == "user_study" else cell.group,
        method=cell.method,
        metric=cell.title,
        reported=cell.text,
        measured=value,
        key=key,
        protocol=result.protocol if result else None,
        difference=value - cell.value if value is not None and key == cell.near else None,
        why=tuple(why),
    )


def _best_result(paper: Paper, cell: Reported, results: Sequence[Measured]) -> Measured | None:
    """A result of the method on the dataset and task; first those of the paper's own protocol, whole, untagged."""
    fitting = [
        r for r in results if r.method == cell.method_id and r.dataset == cell.dataset and r.summary.task == cell.task
    ]
    order = sorted(fitting, key=lambda r: (not _own(paper, r), not r.summary.complete, r.tag, r.name))
    return order[0] if order and cell.layout in ("comparison", "ablation") else None


def _measured(cell: Reported, result: Measured) -> tuple[str | None, float | None, list[str]]:
    """Key, value and reasons: the metric most likely meant, else another variant of it, else nothing."""
    values = {key: entry.value for key, entry in result.summary.metrics.items() if entry.value is not None}
    if cell.near in values:
        return cell.near, values[cell.near], []
    meant = (
        f"the paper most likely means {cell.near}"
        if cell.near
        else "evalkit has no metric that is defined as the paper's"
    )
    others = [key for key in values if key.partition("[")[0] == cell.metric]
    if others:
        return others[0], values[others[0]], [f"not comparable: {others[0]} was measured, {meant}"]
    return None, None, [f"{cell.title} was not measured in {result.name}; {meant}"]


def _absent(cell: Reported) -> str:
    if cell.layout in ("user_study", "text"):
        return "people's votes and timings are not measured by a run"
    if not cell.method_id:
        return "evalkit has no method of that name"
    return f"no run of {cell.method_id} on {cell.dataset}, {cell.task.replace('_', '-')}"


def _caveats(paper: Paper, result: Measured) -> list[str]:
    """What of the run itself differs from the paper's setting."""
    pairs, found = result.summary.pairs, []
    if not _own(paper, result):
        found.append(f"{result.protocol} is not the paper's setting")
    if result.tag:
        found.append(f"the run is tagged {result.tag}")
    if not result.summary.complete:
        found.append(f"only {pairs.scored} of {pairs.protocol} pairs")
    return [*found, *result.flags]


def _own(paper: Paper, result: Measured) -> bool:
    """Protocols made after a paper begin with its id."""
    return result.protocol.startswith(f"{paper.id}_")


def find_results(runs: Path, leaderboards: Path) -> list[Measured]:
    """Finished runs in `runs/<protocol>/<method>` and the rows of all leaderboards."""
    finished = [read_measured(path.parent) for path in sorted(runs.glob("*/*/summary.json"))]
    return finished + [entry.measured() for board in list_boards(leaderboards) for entry in board.entries]
