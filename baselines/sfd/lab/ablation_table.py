"""The table of the ablation: the four stages as measured here, and beside them the paper's Table III as reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from baselines.sfd.lab.training.checkpoint import Progress
from baselines.sfd.lab.training.config import Stage
from evalkit.errors import RunError
from evalkit.tables.cells import NOTHING
from evalkit.tables.paper_tables import add_reported_beside
from evalkit.tables.papers import find_paper
from evalkit.tables.results import Measured
from evalkit.tables.table import Section, Table, table_of

NAMES: Mapping[Stage, str] = {"baseline": "Baseline", "subs": "+Subs.", "dec": "+Dec.", "sem": "+Sem."}
"""The rows as the paper calls them."""
PAPER, PAPER_TABLE = "sfd", "3"
REPORTED = "Reported; different data and size"


@dataclass(frozen=True)
class Row:
    """A stage in the table.

    Attributes:
        stage: of the ablation.
        results: one per protocol that it has been scored with.
        trained: how far its training went.
        problem: why numbers are missing; "" where none are.
    """

    stage: Stage
    results: tuple[Measured, ...]
    trained: Progress
    problem: str = ""


def ablation_table(rows: Sequence[Row], anchors: Sequence[Measured], about: str) -> Table:
    """The table: anchors, then a row per stage, with dashes and a note where a stage has no numbers.

    Speeds are left out: all stages have the same networks but for one head.

    Args:
        rows: the stages, in the paper's order.
        anchors: results of the protocols' anchor methods.
        about: what was trained, for the caption.

    Raises `RunError` when no stage has been scored, and as `evalkit.tables.table.table_of` does for runs that may not
    share a table.
    """
    results = [replace(result, title=NAMES[row.stage], fps=None) for row in rows for result in row.results]
    if not results:
        problems = "\n  ".join(f"{row.stage}: {row.problem}" for row in rows)
        raise RunError(f"No stage has been scored, so there is no table:\n  {problems}")
    measured = table_of([*anchors, *results])
    cells = dict(measured.rows)
    titles = list(dict.fromkeys(anchor.title for anchor in anchors))
    nothing = (NOTHING,) * len(measured.columns)
    heading = results[0].heading
    table = replace(
        measured,
        columns=tuple(replace(column, group=column.group or heading) for column in measured.columns),
        rows=tuple((title, cells.get(title, nothing)) for title in [*titles, *(NAMES[row.stage] for row in rows)]),
        caption=f"{about}. {measured.caption}",
        footnotes=(*measured.footnotes, *_notes(rows)),
        sections=(Section(len(titles)),) if titles else (),
    )
    return add_reported_beside(table, find_paper(PAPER), PAPER_TABLE, REPORTED)


def _notes(rows: Sequence[Row]) -> list[str]:
    lengths = [
        f"{NAMES[row.stage]} {row.trained.step} steps in {row.trained.seconds / 60:.1f} minutes"
        for row in rows
        if row.results
    ]
    problems = [
        f"{NAMES[row.stage]} ({row.stage}) {'has missing' if row.results else 'has no'} numbers: {row.problem}"
        for row in rows
        if row.problem
    ]
    return [f"Trained for: {', '.join(lengths)}", *problems]
