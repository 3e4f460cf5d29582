"""LaTeX: a plain booktabs table, the layout of papers, and documents that compile by themselves.

In the layout of papers each column group has a heading, reported rows and columns are in italics, ours comes last
below a rule, and a value from fewer frames than there are carries a sign that a line below the table explains.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from evalkit.base.text import printable
from evalkit.tables.cells import Cell, Column, interval, is_partial, variant_note, variant_numbers
from evalkit.tables.siunitx import SETUP, format_of_column
from evalkit.tables.table import Table
from evalkit.tables.words import Intervals

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
        "±": r"$\pm$",
        "↑": r"$\uparrow$",
        "↓": r"$\downarrow$",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "[": "{[}",
        "*": "{*}",
    }
)
PARTIAL = "c"
"""The sign of a value whose coverage is not complete, in the layout of papers."""
WIDE = 12
"""Tables of more columns are set small and close, to fit on a landscape page; one with its interval counts twice."""

_PREAMBLE = (
    r"\documentclass{article}",
    r"\usepackage[T1]{fontenc}",
    r"\usepackage{booktabs,textcomp}",
)
_SIUNITX = r"\usepackage{siunitx}"
_LANDSCAPE = (r"\usepackage[landscape,margin=15mm]{geometry}", r"\setlength{\belowcaptionskip}{6pt}")


def escape_latex(text: str) -> str:
    """`text` with every character that LaTeX treats specially made harmless, and white space made single spaces."""
    return " ".join(printable(text).translate(_ESCAPES).split())


def latex(table: Table, *, standalone: bool = False) -> str:
    """A booktabs table with coverage beside incomplete numbers; `standalone` makes a document of it."""
    rows = [_line(title, [_plain_cell(*pair, table) for pair in _pairs(cells, table)]) for title, cells in table.rows]
    notes = variant_note(table.columns)
    caption = escape_latex(" ".join(_sentence(text) for text in [table.caption, *table.footnotes, *notes]))
    text = _table(table, caption, _specs(table), [*_header(table), r"\midrule", *rows])
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
        texts = [_paper_cell(cell, column, reported or column.reported, table) for cell, column in _pairs(cells, table)]
        body.append(_line(title, texts, italic=reported))
    notes = [*table.footnotes, *_partial_note(table), *variant_note(table.columns)]
    lines = [*_group_header(table), *_header(table), *body]
    text = _table(table, escape_latex(table.caption), _specs(table, by_group=True), lines, notes)
    return document([text]) if standalone else text


def document(tables: Sequence[str], *, landscape: bool = True) -> str:
    """A document that holds `tables` and compiles by itself."""
    preamble = [*_PREAMBLE, *(_LANDSCAPE if landscape else ())]
    if any("S[table-format" in table for table in tables):
        preamble.append(_SIUNITX)
    return "\n".join([*preamble, r"\begin{document}", "".join(tables).rstrip("\n"), r"\end{document}"]) + "\n"


def _pairs(cells: Sequence[Cell], table: Table) -> Iterator[tuple[Cell, Column]]:
    return zip(cells, table.columns, strict=True)


def _sentence(text: str) -> str:
    """Footnotes stand in lines of their own elsewhere; in a caption they follow each other."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _specs(table: Table, by_group: bool = False) -> str:
    """How the columns of numbers are aligned; a space between groups."""
    specs = ["r"] * len(table.columns)
    if table.look.siunitx:
        specs = [
            format_of_column([cells[index] for _, cells in table.rows], column)
            for index, column in enumerate(table.columns)
        ]
    if not by_group:
        return "".join(specs)
    pairs = zip(table.columns, specs, strict=True)
    return " ".join("".join(spec for _, spec in group) for _, group in groupby(pairs, key=lambda pair: pair[0].group))


def _table(table: Table, caption: str, specs: str, lines: Sequence[str], notes: Sequence[str] = ()) -> str:
    below = [rf"  \par\smallskip\footnotesize {escape_latex(note)}" for note in notes]
    wide = len(table.columns) * (1 if table.look.intervals == "none" else 2) > WIDE
    return (
        "\n".join(
            [
                r"\begin{table}",
                r"  \centering",
                rf"  \caption{{{caption}}}",
                *([rf"  \label{{{table.look.label}}}"] if table.look.label else []),
                *([r"  \footnotesize\setlength{\tabcolsep}{4pt}"] if wide else []),
                *([f"  {SETUP}"] if table.look.siunitx else []),
                rf"  \begin{{tabular}}{{l{' ' if ' ' in specs else ''}{specs}}}",
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
    numbers = variant_numbers(table.columns)
    signs = (_superscript(str(numbers.get(column.key, ""))) for column in table.columns)
    texts = (
        f"{escape_latex(c.heading)}{sign}{_ARROWS[c.better]}" for c, sign in zip(table.columns, signs, strict=True)
    )
    return [_line(table.stub, [_boxed(text, table) for text in texts])]


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


def _plain_cell(cell: Cell, column: Column, table: Table) -> str:
    marks = _superscript(cell.notes)
    if cell.coverage is not None and cell.coverage < 1:
        marks += rf" {{\scriptsize({cell.coverage * 100:.1f}\%)}}"
    text = _marked(cell, _text(cell, column)) + _behind(cell, column, table.look.intervals) + marks
    return _aligned(text, cell, column, table)


def _aligned(text: str, cell: Cell, column: Column, table: Table) -> str:
    """For siunitx a number without anything around it as it is, all else in braces."""
    bare = cell.value is not None and not cell.text and text == _text(cell, column)
    return text if bare else _boxed(text, table)


def _boxed(text: str, table: Table) -> str:
    return f"{{{text}}}" if table.look.siunitx else text


def _behind(cell: Cell, column: Column, intervals: Intervals) -> str:
    """The interval in LaTeX, with the space before it."""
    behind = interval(cell, column, intervals)
    return f" {escape_latex(behind)}".replace(r" $\pm$ ", r"${}\pm{}$") if behind else ""


def _hanging(signs: str) -> str:
    """Signs that take no room, so that digits above and below a signed number stay in line."""
    return rf"\rlap{{{_superscript(signs)}}}" if signs else ""


def _paper_cell(cell: Cell, column: Column, reported: bool, table: Table) -> str:
    text = _marked(cell, _text(cell, column))
    if reported and text != "--":
        text = rf"\textit{{{text}}}"
    text += _behind(cell, column, table.look.intervals) + _hanging(cell.notes + (PARTIAL if is_partial(cell) else ""))
    return _aligned(text, cell, column, table)


def _partial_note(table: Table) -> list[str]:
    """What the sign for partial coverage means, with the range it stands for."""
    shares = [cell.coverage for _, cells in table.rows for cell in cells if cell.coverage and is_partial(cell)]
    if not shares:
        return []
    low, high = f"{min(shares):.1%}", f"{max(shares):.1%}"
    return [f"{PARTIAL} not every frame has a value: coverage {low if low == high else f'{low} to {high}'}"]
