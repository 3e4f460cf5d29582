"""Markdown, LaTeX, CSV and JSON of one table: whole texts, and escapes that hold for any name."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.base.text import spreadsheet_cell
from evalkit.tables.as_json import as_json
from evalkit.tables.cells import Cell, Column, headings
from evalkit.tables.comma_separated import comma_separated
from evalkit.tables.formats import FORMATS
from evalkit.tables.latex import escape_latex, latex
from evalkit.tables.markdown import markdown
from evalkit.tables.table import Table

COLUMNS = (Column("l1", "L1", "lower", "", 4), Column("csim[dlib]", "CSIM", "higher", "", 3))
TABLE = Table(
    COLUMNS,
    (
        ("copy_source", (Cell(0.123456, "second", 1.0, 0.1, 0.2, ""), Cell(1.0, "best", 1.0, 1.0, 1.0, ""))),
        ("A & B", (Cell(0.05, "best", 1.0, None, None, ""), Cell(0.5, "", 0.4567, 0.4, 0.6, "*†"))),
        ("none", (Cell(None, "", 0.0, None, None, ""), Cell(None, "", None, None, None, ""))),
    ),
    "Self-reenactment, protocol demo_self v1, N = 3. Metrics: l1, csim[dlib].",
    ("* low coverage", "† incomplete"),
)


def test_columns_of_one_title_say_which_variant_they_are():
    columns = (
        Column("apd[landmark]", "APD", "lower", "", 4),
        Column("apd[mediapipe]", "APD", "lower", "", 4, sign="°"),
        Column("csim[dlib]", "CSIM", "higher", "", 3, group="Cross"),
        Column("csim[dlib]", "CSIM", "higher", "", 3, group="Self"),
    )
    assert headings(columns) == ["APD[landmark]", "APD[mediapipe]°", "CSIM", "CSIM"]
    text = markdown(replace(TABLE, columns=columns, rows=()))
    assert text.startswith("| Method | APD\\[landmark\\] ↓ | APD\\[mediapipe\\]° ↓ | Cross: CSIM ↑ | Self: CSIM ↑ |")


def test_markdown_as_a_whole():
    assert markdown(TABLE) == (
        "| Method | L1 ↓ | CSIM ↑ |\n"
        "| --- | ---: | ---: |\n"
        "| copy\\_source | <u>0.1235</u> | **1.000** |\n"
        "| A & B | **0.0500** | 0.500\\*† (45.7%) |\n"
        "| none | - (0.0%) | - |\n"
        "\n"
        "Self-reenactment, protocol demo\\_self v1, N = 3. Metrics: l1, csim\\[dlib\\].\n"
        "\\* low coverage\n"
        "† incomplete\n"
    )


def test_latex_as_a_whole():
    assert latex(TABLE) == (
        "\\begin{table}\n"
        "  \\centering\n"
        "  \\caption{Self-reenactment, protocol demo\\_self v1, N = 3. Metrics: l1, csim{[}dlib]. "
        "{*} low coverage. \\textdagger{} incomplete.}\n"
        "  \\begin{tabular}{lrr}\n"
        "    \\toprule\n"
        "    Method & L1 $\\downarrow$ & CSIM $\\uparrow$ \\\\\n"
        "    \\midrule\n"
        "    copy\\_source & \\underline{0.1235} & \\textbf{1.000} \\\\\n"
        "    A \\& B & \\textbf{0.0500} & 0.500\\textsuperscript{{*}\\textdagger{}} {\\scriptsize(45.7\\%)} \\\\\n"
        "    none & -- {\\scriptsize(0.0\\%)} & -- \\\\\n"
        "    \\bottomrule\n"
        "  \\end{tabular}\n"
        "\\end{table}\n"
    )


def test_csv_is_unrounded_and_reads_back():
    rows = list(csv.DictReader(io.StringIO(comma_separated(TABLE))))
    assert [row["method"] for row in rows] == ["copy_source", "A & B", "none"]
    assert float(rows[0]["l1"]) == 0.123456 and float(rows[1]["csim[dlib]_coverage"]) == 0.4567
    assert (rows[0]["l1_ci_low"], rows[0]["l1_ci_high"]) == ("0.1", "0.2")
    assert rows[1]["csim[dlib]_notes"] == "*†" and rows[2]["l1"] == rows[2]["l1_ci_low"] == ""


def test_json_is_unrounded_and_reads_back():
    content = json.loads(as_json(TABLE))
    assert content["rows"][0][0] == "copy_source" and content["rows"][0][1][0]["value"] == 0.123456
    assert content["rows"][2][1][0]["value"] is None and content["columns"][1]["key"] == "csim[dlib]"


def test_decimals_are_fixed_by_the_column():
    cells = tuple(((f"m{i}", (Cell(v, "", 1.0, None, None, ""),)) for i, v in enumerate((1.0, 0.12345, 100.0))))
    table = Table((Column("psnr", "PSNR", "higher", "dB", 2),), cells, "c", ())
    assert re.findall(r"\| (\d+\.\d+) \|", markdown(table)) == ["1.00", "0.12", "100.00"]


def table_of(title, note="note"):
    return Table(COLUMNS[:1], ((title, (Cell(0.5, "", 1.0, None, None, ""),)),), note, ())


@given(st.text())
def test_escaped_latex_never_holds_a_bare_special(text):
    escaped = escape_latex(text)
    commands = r"\\(textbackslash|textasciitilde|textasciicircum|textdagger|textless|textgreater)\{\}"
    escaped = re.sub(r"\$\\(pm|uparrow|downarrow)\$", "", escaped)
    plain = re.sub(r"\\[&%$#_{}]|\{[\[*]\}|" + commands, "", escaped)
    assert not set(plain) & set("\\&%$#_{}~^†<>[*")


@given(st.text(alphabet=st.characters(codec="latin-1", categories=("L", "N", "P", "S", "Zs")), min_size=1))
def test_any_title_leaves_the_shape_of_the_markdown_table(title):
    row = markdown(table_of(title)).splitlines()[2]
    bare = re.sub(r"\\.", "", row)
    assert bare.count("|") == 3 and not set(bare) & set("*_`<>[]")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1))
def test_any_title_survives_csv_and_json(title):
    (row,) = csv.DictReader(io.StringIO(comma_separated(table_of(title))))
    assert row["method"] == spreadsheet_cell(title)
    assert json.loads(as_json(table_of(title)))["rows"][0][0] == title


@pytest.mark.parametrize("title", ["[wide] model", "*star", "\\newline", "100 % & more", "a_b^c~d#e$f{g}h"])
def test_a_row_cannot_be_taken_for_an_argument_of_the_line_break(title):
    # `\\ [` and `\\ *` begin an optional length and a starred form, also across white space.
    body = latex(Table(COLUMNS[:1], (("first", (TABLE.rows[0][1][0],)), *table_of(title).rows), "c", ()))
    assert not re.search(r"\\\\\s*[\[*]", body)


def test_all_formats_are_offered():
    assert list(FORMATS) == ["markdown", "latex", "csv", "json", "html", "typst"]
    assert all(FORMATS[name](TABLE).endswith("\n") for name in FORMATS)


def test_the_standalone_document_compiles(tmp_path):
    compiler = shutil.which("pdflatex") or shutil.which("tectonic")
    if compiler is None:
        pytest.skip("neither pdflatex nor tectonic is installed")
    hard = Table(
        COLUMNS, (*TABLE.rows, ("[w] *a_b\\c~d^e#f$g{h}<i>†", TABLE.rows[0][1])), TABLE.caption, TABLE.footnotes
    )
    (tmp_path / "table.tex").write_text(latex(hard, standalone=True), encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error"] if compiler.endswith("pdflatex") else []
    done = subprocess.run([compiler, *options, "table.tex"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "table.pdf").stat().st_size > 1000 and "invalid in math mode" not in done.stdout


def test_the_standalone_document_loads_what_it_uses():
    document = latex(TABLE, standalone=True)
    assert document.startswith("\\documentclass{article}\n") and document.endswith("\\end{document}\n")
    assert latex(TABLE) in document and "booktabs" in document and "textcomp" in document
