"""LaTeX: a plain booktabs table, the layout of papers, and documents that compile by themselves.

In the layout of papers each column group has a heading, reported rows and columns are in italics, ours comes last
below a rule, and a value from fewer frames than there are carries a sign that a line below the table explains.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from evalkit.base.text import printable
from evalkit.tables.cells import Cell, Column
from evalkit.tables.table import Table

_ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "": ""}
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "†": r"\textdagger{}",
        "−": "$-$",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "[": "{[}",
        "*": "{*}",
    }
)
PARTIAL = "c"
"""The sign of a value whose coverage is not complete, in the layout of papers."""
WIDE = 12
"""Tables of more columns are set small and close, so that they fit on a landscape page."""

_PREAMBLE = (
    r"\documentclass{article}",
    r"\usepackage[T1]{fontenc}",
    r"\usepackage{booktabs,textcomp}",
)
_LANDSCAPE = (r"\usepackage[landscape,margin=15mm]{geometry}", r"\setlength{\belowcaptionskip}{6pt}")


def escape_latex(text: str) -> str:
    """`text` with every character that LaTeX treats specially made harmless, and white space made single spaces."""
    return " ".join(printable(text).translate(_ESCAPES).split())


def latex(table: Table, *, standalone: bool = False) -> str:
    """A booktabs table with coverage beside incomplete numbers; `standalone` makes a document of it."""
    rows = [_line(title, [_plain_cell(*pair) for pair in _pairs(cells, table)]) for title, cells in table.rows]
    caption = escape_latex(" ".join(_sentence(text) for text in [table.caption, *table.footnotes]))
    text = _table(caption, "r" * len(table.columns), [*_header(table), r"\midrule", *rows])
    return document([text], landscape=False) if standalone else text


def latex_paper(table: Table, *, standalone: bool = False) -> str:
    """The layout of papers: column groups, sections, notes below. With `standalone` a document."""
    starts = {section.start: section for section in table.sections}
    reported = False
    body: list[str] = []
    for index, (title, cells) in enumerate(table.rows):
        section = starts.get(index)
        if section:
            reported = section.reported
            body += _section(section.title, len(table.columns) + 1)
        elif index == 0:
            body.append(r"\midrule")
        texts = [_paper_cell(cell, column, reported or column.reported) for cell, column in _pairs(cells, table)]
        body.append(_line(title, texts, italic=reported))
    groups = ["r" * len(list(columns)) for _, columns in groupby(table.columns, key=lambda column: column.group)]
    notes = [*table.footnotes, *_partial_note(table)]
    text = _table(escape_latex(table.caption), " ".join(groups), [*_group_header(table), *_header(table), *body], notes)
    return document([text]) if standalone else text


def document(tables: Sequence[str], *, landscape: bool = True) -> str:
    """A document that holds `tables` and compiles by itself."""
    preamble = [*_PREAMBLE, *_LANDSCAPE] if landscape else _PREAMBLE
    return "\n".join([*preamble, r"\begin{document}", "".join(tables).rstrip("\n"), r"\end{document}"]) + "\n"


def _pairs(cells: Sequence[Cell], table: Table) -> Iterator[tuple[Cell, Column]]:
    return zip(cells, table.columns, strict=True)


def _sentence(text: str) -> str:
    """Footnotes stand in lines of their own elsewhere; in a caption they follow each other."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _table(caption: str, alignment: str, lines: Sequence[str], notes: Sequence[str] = ()) -> str:
    below = [rf"  \par\smallskip\footnotesize {escape_latex(note)}" for note in notes]
    wide = len(alignment.replace(" ", "")) > WIDE
    return (
        "\n".join(
            [
                r"\begin{table}",
                r"  \centering",
                rf"  \caption{{{caption}}}",
                *([r"  \footnotesize\setlength{\tabcolsep}{4pt}"] if wide else []),
                rf"  \begin{{tabular}}{{l{' ' if ' ' in alignment else ''}{alignment}}}",
                r"    \toprule",
                *(f"    {line}" for line in lines),
                r"    \bottomrule",
                r"  \end{tabular}",
                *below,
                r"\end{table}",
            ]
        )
        + "\n"
    )


def _header(table: Table) -> list[str]:
    return [_line("Method", [f"{escape_latex(c.heading)}{_ARROWS[c.better]}" for c in table.columns])]


def _group_header(table: Table) -> list[str]:
    """Headings over column groups and the rules below them; nothing when no column has a group."""
    if not any(column.group for column in table.columns):
        return []
    cells, rules, start = [], [], 2
    for group, columns in groupby(table.columns, key=lambda column: column.group):
        width = len(list(columns))
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escape_latex(group)}}}")
        if group:
            rules.append(rf"\cmidrule(lr){{{start}-{start + width - 1}}}")
        start += width
    return [_line("", cells), " ".join(rules)]


def _section(title: str, width: int) -> list[str]:
    heading = [rf"\multicolumn{{{width}}}{{l}}{{\textit{{{escape_latex(title)}}}}} \\"] if title else []
    return [r"\midrule", *heading]


def _line(title: str, cells: Sequence[str], *, italic: bool = False) -> str:
    name = escape_latex(title)
    return " & ".join([rf"\textit{{{name}}}" if italic else name, *cells]).lstrip() + r" \\"


def _text(cell: Cell, column: Column) -> str:
    if cell.text:
        return escape_latex(cell.text)
    return "--" if cell.value is None else f"{cell.value:.{column.decimals}f}"


def _marked(cell: Cell, text: str) -> str:
    return {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}", "": text}[cell.mark]


def _superscript(signs: str) -> str:
    return rf"\textsuperscript{{{escape_latex(signs)}}}" if signs else ""


def _plain_cell(cell: Cell, column: Column) -> str:
    marks = _superscript(cell.notes)
    if cell.coverage is not None and cell.coverage < 1:
        marks += rf" {{\scriptsize({cell.coverage * 100:.1f}\%)}}"
    return _marked(cell, _text(cell, column)) + marks


def _hanging(signs: str) -> str:
    """Signs that take no room, so that digits above and below a signed number stay in line."""
    return rf"\rlap{{{_superscript(signs)}}}" if signs else ""


def _paper_cell(cell: Cell, column: Column, reported: bool) -> str:
    text = _marked(cell, _text(cell, column))
    if reported and text != "--":
        text = rf"\textit{{{text}}}"
    return text + _hanging(cell.notes + (PARTIAL if _is_partial(cell) else ""))


def _is_partial(cell: Cell) -> bool:
    return cell.value is not None and cell.coverage is not None and cell.coverage < 1


def _partial_note(table: Table) -> list[str]:
    """What the sign for partial coverage means, with the range it stands for."""
    shares = [cell.coverage for _, cells in table.rows for cell in cells if cell.coverage and _is_partial(cell)]
    if not shares:
        return []
    low, high = f"{min(shares):.1%}", f"{max(shares):.1%}"
    return [f"{PARTIAL} not every frame has a value: coverage {low if low == high else f'{low} to {high}'}"]
