"""Tables of papers in our own layout, and reported rows below measured ones or columns beside them.

Best and second are marked within one table of one paper, on the numbers as printed; a reported number is never ranked
with a measured one.
"""

from collections.abc import Sequence
from dataclasses import replace

from evalkit.errors import RunError
from evalkit.tables.cells import NOTHING, Cell, Column, words
from evalkit.tables.papers import Paper, Reported, table_name
from evalkit.tables.ranking import rank_columns
from evalkit.tables.table import Section, Table
from evalkit.tables.words import FROM_PAPER, STATUS

DOUBTFUL = "?"


def published_table(paper: Paper, name: str) -> Table:
    """Table `name` of a paper: its column groups, its order of rows, ablations below a rule, doubtful cells signed.

    Raises `UnknownNameError` for a table the paper does not have.
    """
    number, cells = paper.table(name)
    if cells[0].layout == "user_study":
        return _user_study(paper, number, cells)
    columns = list(dict.fromkeys(_column(cell, cells) for cell in cells))
    titles = list(dict.fromkeys(cell.method for cell in cells))
    found = {(cell.method, _column(cell, cells)): cell for cell in cells}
    rows = [[_cell(found.get((title, column))) for column in columns] for title in titles]
    if cells[0].layout != "text":
        _rank_all(columns, rows)
    if setting := paper.card.tables[number].setting:
        settings = {cell.method: cell.setting for cell in cells}
        columns.insert(0, Column("setting", setting, "", "", 0))
        for title, row in zip(titles, rows, strict=True):
            row.insert(0, words(settings[title]))
    return Table(
        tuple(columns),
        tuple((title, tuple(row)) for title, row in zip(_names(paper, cells, titles), rows, strict=True)),
        _caption(paper, number),
        doubts(cells),
        _sections(cells, titles),
    )


def add_reported(table: Table, paper: Paper, name: str) -> Table:
    """`table` with the rows of a paper's table below it, under the columns of the same metric, task and dataset.

    Reported rows are not ranked. Raises `UnknownNameError` for a table the paper does not have, `RunError` when no
    number of it belongs under a column.
    """
    number, cells = paper.table(name)
    cells = tuple(cell for cell in cells if cell.layout in ("comparison", "ablation"))
    title = f"{paper.card.name}, {table_name(number)}"
    found = {(cell.method, cell.metric, str(cell.task), cell.dataset): cell for cell in cells}
    places = [(column.key.partition("[")[0], column.task, column.dataset) for column in table.columns]
    rows = [
        (method, tuple(unranked(found.get((method, *place))) for place in places))
        for method in dict.fromkeys(cell.method for cell in cells)
    ]
    rows = [(method, _with_status(table, row)) for method, row in rows if any(cell.text for cell in row)]
    if not rows:
        raise RunError(
            f"No number of {title} belongs into this table: it reports {_contents(cells)}; the runs measured "
            f"{', '.join(sorted({' '.join(place).strip() for place in places}))}."
        )
    meaning = f"Rows in italics are reported in {title}: not measured here, not ranked, definitions may differ"
    shown = [cell for cell in cells if (cell.metric, cell.task, cell.dataset) in places]
    return replace(
        table,
        rows=(*table.rows, *rows),
        footnotes=(*table.footnotes, meaning, *doubts(shown)),
        sections=(*table.sections, Section(len(table.rows), f"Reported in {title}", reported=True)),
    )


def _with_status(table: Table, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    cells = zip(table.columns, row, strict=True)
    return tuple(words(FROM_PAPER) if column.key == STATUS else cell for column, cell in cells)


def add_reported_beside(table: Table, paper: Paper, name: str, heading: str) -> Table:
    """`table` with the columns of a paper's table beside it: a row gets the numbers of the paper's row of that name.

    For experiments of one design on other data, such as an ablation. Reported columns stand under `heading` and are not
    ranked. Raises `UnknownNameError` for a table the paper does not have, `RunError` when it has no row of any name.
    """
    number, reported = paper.table(name)
    columns = tuple(dict.fromkeys(_column(cell, reported) for cell in reported))
    found = {(cell.method, _column(cell, reported)): cell for cell in reported}
    beside = [[unranked(found.get((method, column))) for column in columns] for method, _ in table.rows]
    title = f"{paper.card.name}, {table_name(number)}"
    if not any(cell.text for row in beside for cell in row):
        theirs = ", ".join(dict.fromkeys(cell.method for cell in reported))
        raise RunError(
            f"No row of {title} belongs beside this table: it has {theirs}; the table has "
            f"{', '.join(method for method, _ in table.rows)}."
        )
    caption = paper.card.tables[number].caption
    meaning = f"Columns in italics are reported in {title} ({caption}): not measured here, not ranked"
    marked = tuple(replace(column, group=heading, reported=True) for column in columns)
    return replace(
        table,
        columns=(*table.columns, *marked),
        rows=tuple((method, (*cells, *row)) for (method, cells), row in zip(table.rows, beside, strict=True)),
        footnotes=(*table.footnotes, meaning, *doubts(reported)),
    )


def _contents(cells: Sequence[Reported]) -> str:
    return ", ".join(sorted({f"{cell.metric} {cell.task} {cell.dataset}" for cell in cells})) or "no metric"


def _column(cell: Reported, cells: Sequence[Reported]) -> Column:
    same = [
        c for c in cells if (c.metric, c.group, c.dataset, c.task) == (cell.metric, cell.group, cell.dataset, cell.task)
    ]
    decimals = max(len(c.text.partition(".")[2]) for c in same)
    return Column(cell.metric, cell.title, cell.better, "", decimals, cell.group, cell.task, cell.dataset)


def _cell(cell: Reported | None) -> Cell:
    if cell is None:
        return NOTHING
    return Cell(cell.value, "", None, None, None, DOUBTFUL if cell.doubtful else "", cell.text)


def unranked(cell: Reported | None) -> Cell:
    """A printed number as it is printed, which no rank and no interval is taken of."""
    return replace(_cell(cell), value=None) if cell else NOTHING


def _rank_all(columns: Sequence[Column], rows: list[list[Cell]]) -> None:
    """Mark best and second among all numbers of a table, the doubtful ones included, as the paper does."""
    signs = [[cell.notes for cell in row] for row in rows]
    for row in rows:
        row[:] = [replace(cell, notes="") for cell in row]
    rank_columns(columns, rows)
    for row, marks in zip(rows, signs, strict=True):
        row[:] = [replace(cell, notes=mark) for cell, mark in zip(row, marks, strict=True)]


def _names(paper: Paper, cells: Sequence[Reported], titles: Sequence[str]) -> list[str]:
    own = {cell.method for cell in cells if cell.ours and cell.method == paper.card.name}
    return [f"{title} (ours)" if title in own else title for title in titles]


def _sections(cells: Sequence[Reported], titles: Sequence[str]) -> tuple[Section, ...]:
    """Every row is reported; a rule stands above the paper's own method and its ablations."""
    layouts = {cell.method: (cell.layout, cell.ours) for cell in cells}
    found = [Section(0, reported=True)]
    for index in range(1, len(titles)):
        layout, ours = layouts[titles[index]]
        before, ours_before = layouts[titles[index - 1]]
        if layout != before or (ours and not ours_before and layout == "comparison"):
            found.append(Section(index, "Ablations" if layout != before else "", reported=True))
    return tuple(found)


def _user_study(paper: Paper, number: str, cells: Sequence[Reported]) -> Table:
    """Rows are motion modes, columns the methods compared with: percent of votes, scenes won in brackets."""
    methods = list(dict.fromkeys(cell.method for cell in cells))
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    texts = {(cell.setting, cell.method, cell.metric): cell.text for cell in cells}
    rows = []
    for setting in settings:
        votes = [texts.get((setting, method, "preference")) for method in methods]
        scenes = [texts.get((setting, method, "scenes_won")) for method in methods]
        row = (words(f"{vote}% ({won})") if vote else NOTHING for vote, won in zip(votes, scenes, strict=True))
        rows.append((f"{setting.capitalize()} motion", tuple(row)))
    columns = tuple(Column(method, method, "", "%", 0) for method in methods)
    return Table(columns, tuple(rows), _caption(paper, number), (), (Section(0, reported=True),))


def _caption(paper: Paper, number: str) -> str:
    card = paper.card
    described = f"{card.name}, {table_name(number)}: {card.tables[number].caption}"
    return f"{described}. Reported by {card.authors}; not measured here."


def doubts(cells: Sequence[Reported]) -> tuple[str, ...]:
    """One line per reason for doubt, with the numbers it is about."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        for reason in cell.doubtful.split("; ") if cell.doubtful else ():
            methods = reasons.setdefault(reason, {}).setdefault(cell.title, [])
            methods += [] if cell.method in methods else [cell.method]
    return tuple(f"{DOUBTFUL} {_about(found)}: {reason}" for reason, found in reasons.items())


def _about(found: dict[str, list[str]]) -> str:
    """ "SSIM, AKD of A" where both are about the same methods, else "SSIM of A, B; AKD of C"."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for title, methods in found.items():
        groups.setdefault(tuple(methods), []).append(title)
    return "; ".join(f"{', '.join(titles)} of {', '.join(methods)}" for methods, titles in groups.items())
