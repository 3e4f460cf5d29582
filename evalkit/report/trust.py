"""How far the numbers of a report can be trusted, in sentences."""

from dataclasses import dataclass

from evalkit.report.collect import Comparison, MethodRun
from evalkit.tables.prepared import prepared_notes
from evalkit.tables.uncertainty import interval_notes, old_intervals

_NAMED = 3


@dataclass(frozen=True)
class Fact:
    """One line of "how far can it be trusted": `level` is "good", "note" or "bad"; `page` is where more of it is."""

    text: str
    level: str
    page: str = ""


def facts(comparison: Comparison) -> list[Fact]:
    """How far the numbers can be trusted, worst first."""
    found = [*_pair_facts(comparison), *_coverage_facts(comparison), *_run_facts(comparison)]
    found += _interval_facts(comparison)
    prepared = prepared_notes([method.measured for method in comparison.methods])
    found += [Fact(note[0].upper() + note[1:], "note") for note in prepared]
    if len(comparison.methods) > 1:
        but = ", but for how outputs were prepared" if prepared else ""
        found.append(Fact(f"Same protocol, data and metric signatures in all runs{but}", "good"))
    return sorted(found, key=lambda fact: ("bad", "note", "good").index(fact.level))


def _pair_facts(comparison: Comparison) -> list[Fact]:
    total, run = comparison.summary.pairs.protocol, comparison.summary.pairs.run
    failed = sum(len(method.measured.summary.pairs.failed) for method in comparison.methods)
    found = []
    if run < total:
        found.append(Fact(f"Only {run} of the protocol's {total} pairs were run, so nothing is ranked", "bad"))
    if failed:
        found.append(
            Fact(
                f"{_count(failed, 'clip')} could not be made or scored; such runs are not ranked",
                "bad",
                "failures.html",
            )
        )
    if not found:
        found.append(Fact(f"All {_count(total, 'pair')} of the protocol were made and scored by every method", "good"))
    return found


def _coverage_facts(comparison: Comparison) -> list[Fact]:
    parts = [
        (cell.coverage, title, column.title)
        for title, cells in comparison.table.rows
        for cell, column in zip(cells, comparison.table.columns, strict=True)
        if cell.coverage is not None
    ]
    floor = comparison.protocol.coverage_floor
    if not parts:
        return []
    coverage, title, metric = min(parts)
    if coverage == 1:
        return [Fact("Every frame has a value for every metric", "good")]
    level = "bad" if coverage < floor else "note"
    least = f"{100 * coverage:.1f} % ({metric} of {title})"
    return [Fact(f"Lowest coverage {least}; the floor is {100 * floor:.0f} %", level, "failures.html")]


def _interval_facts(comparison: Comparison) -> list[Fact]:
    cells = [cell for _, cells in comparison.table.rows for cell in cells]
    results = [method.measured for method in comparison.methods]
    notes = [*interval_notes([results]), *old_intervals(results)]
    found = [Fact(note[0].upper() + note[1:], "note") for note in notes]
    if any(cell.low is not None for cell in cells):
        people = f"{len(comparison.people)} identities"
        found.append(Fact(f"95 % intervals are of the mean over people, not only over these clips ({people})", "good"))
    elif not notes:
        found.append(Fact("No intervals", "note"))
    return found


def _run_facts(comparison: Comparison) -> list[Fact]:
    found = []
    missing = {
        f"{entry.title}: {entry.reason}"
        for method in comparison.methods
        for entry in method.measured.summary.metrics.values()
        if entry.status == "unavailable"
    }
    found += [Fact(f"Not computed here. {text}", "note") for text in sorted(missing)]
    dirty = [t for (t, _), m in zip(comparison.table.rows, comparison.methods, strict=True) if changed_code(m)]
    if dirty:
        found.append(Fact(f"Made from changed code, not a commit: {_some(dirty)}", "note"))
    machines = {method.measured.machine for method in comparison.methods if method.measured.fps}
    if len(machines) > 1:
        found.append(Fact("Speeds were taken on different machines or precisions and are not ranked", "note"))
    return found


def _some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def changed_code(method: MethodRun) -> bool:
    """Whether a run was made from code that is not a commit."""
    return bool(method.header.provenance.dirty)
