"""Numbers printed in papers, `leaderboards/published/<paper>.csv` and `.yaml`: reported, never measured here.

Every row names the table it was read from. A cell with something in `doubtful` is shown with a sign and the reason;
`note` says what the paper tells of the metric, `near` which metric of evalkit is most likely meant (empty: none).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from evalkit.base.csvfile import Row, read_rows
from evalkit.base.places import resource_dir
from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import RunError, UnknownNameError
from evalkit.types import Task

Layout = Literal["comparison", "ablation", "user_study", "text"]
LAYOUTS: tuple[Layout, ...] = ("comparison", "ablation", "user_study", "text")
TASKS: tuple[Task, ...] = ("self_reenactment", "cross_reenactment")
COLUMNS = (
    *("table", "layout", "group", "dataset", "task", "setting", "method", "method_id", "ours"),
    *("metric", "title", "near", "better", "value", "doubtful", "note"),
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}


@dataclass(frozen=True)
class Reported:
    """One number of a paper. `text` is how it is printed there, `method_id` the method in evalkit (empty: none)."""

    table: str
    layout: Layout
    group: str
    dataset: str
    task: Task
    setting: str
    method: str
    method_id: str
    ours: bool
    metric: str
    title: str
    near: str
    better: Literal["higher", "lower"]
    text: str
    value: float
    doubtful: str
    note: str


class PaperTable(BaseModel):
    """What a table of a paper is about, and the name of its column of settings (empty: it has none)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caption: str
    setting: str = ""


class PaperCard(BaseModel):
    """`<paper>.yaml`: who, which tables, and what the paper does not state."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    authors: str
    tables: dict[str, PaperTable]
    unstated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A paper's card and all its numbers."""

    id: str
    card: PaperCard
    cells: tuple[Reported, ...]

    def table(self, name: str) -> tuple[str, tuple[Reported, ...]]:
        """The number and the cells of a table asked for as "1", "I" or "Table 1". Raises `UnknownNameError`."""
        wanted = name.strip().lower().removeprefix("table").strip()
        for number in self.card.tables:
            if number.lower() in (name.strip().lower(), wanted, _ROMAN.get(wanted)):
                return number, tuple(cell for cell in self.cells if cell.table == number)
        raise UnknownNameError(f"table of {self.card.name}", name, self.card.tables)


def table_name(number: str) -> str:
    """ "Table 1", or the place in the text where a number without a table stands."""
    return f"Table {number}" if number.isdigit() else number


def list_papers(leaderboards: Path | None = None) -> list[Paper]:
    """All papers under `leaderboards` (default: those that come with evalkit), by id."""
    folder = (leaderboards or resource_dir("leaderboards")) / "published"
    return [read_paper(path) for path in sorted(folder.glob("*.csv"))]


def find_paper(name: str, leaderboards: Path | None = None) -> Paper:
    """The paper called `name`. Raises `UnknownNameError`."""
    papers = {paper.id: paper for paper in list_papers(leaderboards)}
    if name.lower() not in papers:
        raise UnknownNameError("paper with published numbers", name, papers)
    return papers[name.lower()]


def read_paper(path: Path) -> Paper:
    """Read `<paper>.csv` and the card beside it. Raises `RunError` with the place for anything that does not fit."""
    card = _read_card(path.with_suffix(".yaml"))
    cells = tuple(_reported(row, card) for row in read_rows(path, COLUMNS, RunError))
    return Paper(path.stem, card, cells)


def _read_card(path: Path) -> PaperCard:
    try:
        return PaperCard.model_validate(read_yaml(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f"{path}: expected a paper's card, {error}") from error
    except ValidationError as error:
        raise RunError(explain_invalid(path, error, PaperCard)) from error


def _reported(row: Row, card: PaperCard) -> Reported:
    text = row.text("value")
    try:
        value = float(text)
    except ValueError:
        raise row.wrong("value", "a number") from None
    cells = row.cells
    return Reported(
        table=row.one_of("table", tuple(card.tables)),
        layout=cast(Layout, row.one_of("layout", LAYOUTS)),
        group=cells["group"],
        dataset=row.text("dataset"),
        task=cast(Task, row.one_of("task", TASKS)),
        setting=cells["setting"],
        method=row.text("method"),
        method_id=cells["method_id"],
        ours=row.one_of("ours", ("0", "1")) == "1",
        metric=row.text("metric"),
        title=row.text("title"),
        near=cells["near"],
        better=cast(Literal["higher", "lower"], row.one_of("better", ("higher", "lower"))),
        text=text,
        value=value,
        doubtful=cells["doubtful"],
        note=cells["note"],
    )
