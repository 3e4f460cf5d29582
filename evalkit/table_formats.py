"""Print a table as markdown, LaTeX (booktabs), CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict

from evalkit.table import Cell, Column, Table

_ARROWS = {"higher": "↑", "lower": "↓"}
_LATEX_ARROWS = {"higher": r"$\uparrow$", "lower": r"$\downarrow$"}
_LATEX_ESCAPES = str.maketrans(
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
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "[": "{[}",
        "*": "{*}",
    }
)


def markdown(table: Table) -> str:
    """GitHub-flavoured markdown: bold best, underlined second, coverage in brackets where it is not complete."""
    header = ["Method", *(f"{c.title} {_ARROWS[c.better]}" for c in table.columns)]
    lines = [_markdown_row(header), _markdown_row(["---", *("---:" for _ in table.columns)])]
    for title, cells in table.rows:
        printed = [_markdown_cell(cell, column) for cell, column in zip(cells, table.columns, strict=True)]
        lines.append(_markdown_row([_markdown_text(title), *printed]))
    notes = [table.caption, *table.footnotes]
    return "\n".join([*lines, "", *(_markdown_text(note) for note in notes)]) + "\n"


def latex(table: Table, *, standalone: bool = False) -> str:
    """A booktabs table; with `standalone` a document that compiles by itself."""
    header = " & ".join(["Method", *(f"{escape_latex(c.title)} {_LATEX_ARROWS[c.better]}" for c in table.columns)])
    body = [
        " & ".join(
            [
                escape_latex(title),
                *(_latex_cell(cell, column) for cell, column in zip(cells, table.columns, strict=True)),
            ]
        )
        + r" \\"
        for title, cells in table.rows
    ]
    caption = escape_latex(" ".join([table.caption, *table.footnotes]))
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{caption}}}",
        rf"  \begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"    \toprule",
        f"    {header} \\\\",
        r"    \midrule",
        *(f"    {line}" for line in body),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    if standalone:
        packages = [r"\documentclass{article}", r"\usepackage[T1]{fontenc}", r"\usepackage{booktabs,textcomp}"]
        lines = [*packages, r"\begin{document}", *lines, r"\end{document}"]
    return "\n".join(lines) + "\n"


def comma_separated(table: Table) -> str:
    """CSV with unrounded values: method, then value, coverage and interval per metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts = ("", "_coverage", "_ci_low", "_ci_high", "_notes")
    writer.writerow(["method", *(column.key + part for column in table.columns for part in parts)])
    for title, cells in table.rows:
        numbers = [n for cell in cells for n in (cell.value, cell.coverage, cell.low, cell.high, cell.notes)]
        writer.writerow([title, *("" if n is None else n for n in numbers)])
    return text.getvalue()


def as_json(table: Table) -> str:
    """Everything in the table, unrounded, as one JSON object."""
    return json.dumps(asdict(table), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def escape_latex(text: str) -> str:
    """`text` with every character that LaTeX treats specially made harmless."""
    return text.translate(_LATEX_ESCAPES)


FORMATS: dict[str, Callable[[Table], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "json": as_json,
}


def number(cell: Cell, column: Column) -> str:
    """The rounded value, or a dash."""
    return "-" if cell.value is None else f"{cell.value:.{column.decimals}f}"


def _markdown_cell(cell: Cell, column: Column) -> str:
    text = number(cell, column)
    text = {"best": f"**{text}**", "second": f"<u>{text}</u>", "": text}[cell.mark]
    partial = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    return f"{text}{_markdown_text(cell.notes)}{partial}"


def _markdown_text(text: str) -> str:
    for special in "\\`*_<>|[]":
        text = text.replace(special, "\\" + special)
    return text


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _latex_cell(cell: Cell, column: Column) -> str:
    text = "--" if cell.value is None else number(cell, column)
    text = {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}", "": text}[cell.mark]
    marks = rf"\textsuperscript{{{escape_latex(cell.notes)}}}" if cell.notes else ""
    if cell.coverage is not None and cell.coverage < 1:
        marks += rf" {{\scriptsize({cell.coverage * 100:.1f}\%)}}"
    return text + marks
