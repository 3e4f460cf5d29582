"""What a user says of a table: which columns and rows, in which order, under which names, and how it is printed."""

from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field

from evalkit.errors import UnknownNameError
from evalkit.tables.cells import Look
from evalkit.tables.words import Bold, Extra, Intervals, Style


class TableOptions(BaseModel):
    """How the results of some runs become a table, the same on the command line, in Python and in a `paper.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    style: Style = "plain"
    """plain: one protocol. paper: a column group per protocol. ablation: tagged runs of one method."""
    metrics: tuple[str, ...] = ()
    """Columns in this order: a key, or an id for all its variants; empty: all that the runs have."""
    columns: tuple[Extra, ...] | None = None
    """Columns behind the metrics; None: the frames per second where they were measured and no metric is named."""
    sort: str = "given"
    """Rows as given, by `id`, or by a metric, best first."""
    rename: Mapping[str, str] = Field(default_factory=dict)
    """Id of a method, `<method>@<tag>`, metric or protocol -> the name to print."""
    anchors: bool = True
    """Whether rows that only mark the ends of the scale are printed."""
    ours: str | None = None
    """The method (id or title) whose row comes last, below a rule."""
    bold: Bold = "interval"
    """Bold is the best value and all that lies within its interval, or the best value alone."""
    intervals: Intervals = "none"
    """half: a value and half of its 95 % interval. range: a value and both ends."""
    transposed: bool = False
    """Rows are metrics, columns methods."""
    caption: str = ""
    """In place of what evalkit says of the numbers, which then stands below the table."""
    label: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9:._-]*)?$")
    """What LaTeX and typst refer to the table by."""
    siunitx: bool = False
    """LaTeX: columns of the package siunitx."""

    @property
    def look(self) -> Look:
        """What the formats need of it."""
        return Look(self.intervals, self.label, self.siunitx)


DEFAULTS = TableOptions()
"""Everything that the runs have, as evalkit arranges it."""


def extra_of(name: str) -> Extra:
    """The column behind the metrics called `name`. Raises `UnknownNameError`."""
    known: tuple[Extra, ...] = get_args(Extra)
    for extra in known:
        if extra == name:
            return extra
    raise UnknownNameError("column behind the metrics", name, known)
