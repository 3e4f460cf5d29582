"""A table as typst: code with quoted texts, in which nothing of a name is taken for markup."""

from itertools import groupby

from evalkit.base.text import printable
from evalkit.tables.cells import ARROWS, Cell, Column, interval, number, variant_note, variant_numbers
from evalkit.tables.table import Table


def typst(table: Table) -> str:
    """A figure with a table in the manner of booktabs; footnotes follow below, a label is put where there is one."""
    numbers = variant_numbers(table.columns)
    header = [quoted(table.stub), *(_heading(column, numbers.get(column.key)) for column in table.columns)]
    body = []
    starts = {section.start: section for section in table.sections}
    reported = False
    for index, (title, cells) in enumerate(table.rows):
        if section := starts.get(index):
            reported = section.reported
            body += ["table.hline(stroke: 0.5pt)"] * (index > 0)
            if section.title:
                body.append(f"table.cell(colspan: {len(cells) + 1}, emph({quoted(section.title)}))")
        texts = [_cell(c, column, reported, table) for c, column in zip(cells, table.columns, strict=True)]
        body.append(", ".join([_emph(quoted(title), reported), *texts]))
    lines = [
        "#figure(",
        f"  caption: {quoted(table.caption)},",
        "  table(",
        f"    columns: {len(table.columns) + 1},",
        "    stroke: none,",
        f"    align: (left, {'right, ' * len(table.columns)}),",
        "    table.hline(),",
        *(f"    {line}," for line in [*_groups(table), ", ".join(header), "table.hline(stroke: 0.5pt)", *body]),
        "    table.hline(),",
        "  ),",
        ")" + (f" <{table.look.label}>" if table.look.label else ""),
        *(f"#text(size: 0.8em, {quoted(note)})\\" for note in [*table.footnotes, *variant_note(table.columns)]),
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """`text` on one line as a typst string."""
    plain = " " * text.startswith(" ") + " ".join(printable(text).split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _heading(column: Column, variant: int | None) -> str:
    sign = f" + super({quoted(str(variant))})" if variant else ""
    return quoted(column.heading) + sign + (f" + {quoted(' ' + ARROWS[column.better])}" if column.better else "")


def _groups(table: Table) -> list[str]:
    if not any(column.group for column in table.columns):
        return []
    spans = [(group, len(list(columns))) for group, columns in groupby(table.columns, key=lambda column: column.group)]
    cells = [f"table.cell(colspan: {width}, align: center, {quoted(group)})" for group, width in spans]
    return [", ".join([quoted(""), *cells])]


def _cell(cell: Cell, column: Column, reported: bool, table: Table) -> str:
    text = quoted(number(cell, column))
    marked = {"best": f"strong({text})", "second": f"underline({text})", "": text}[cell.mark]
    share = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    parts = [_emph(marked, reported or column.reported)]
    parts += [f"super({quoted(cell.notes)})"] if cell.notes else []
    behind = interval(cell, column, table.look.intervals).strip().replace(" ", "\N{NO-BREAK SPACE}") + share
    return " + ".join([*parts, *([f"[ ] + {quoted(behind)}"] if behind else [])])


def _emph(text: str, reported: bool) -> str:
    return f"emph({text})" if reported else text
