"""What a user can say of a table: columns, rows, names, intervals, turned tables, and the formats that print them."""

import contextlib
import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from evalkit.cli.app import app
from evalkit.errors import EvalkitError, RunError, UnknownNameError
from evalkit.tables.formats import FORMATS, format_of
from evalkit.tables.html import html
from evalkit.tables.latex import document, latex_paper
from evalkit.tables.make import make_table
from evalkit.tables.markdown import markdown
from evalkit.tables.options import TableOptions, extra_of
from evalkit.tables.results import read_measured
from evalkit.tables.table import build_table
from evalkit.tables.transposed import transposed
from evalkit.tables.typst import typst
from tests.compiling import compile_latex
from tests.facts import header_facts, metric_facts, summary_facts

VALUES = {"fomm": (0.9, 0.8, 2.0), "mine": (0.95, 0.7, 1.0), "copy": (1.0, 0.6, 9.0)}


@pytest.fixture
def runs(tmp_path):
    """Three methods over `self` and `cross`: two variants of CSIM and AKD, an anchor, intervals of 0.05 around."""
    folders = []
    for protocol in ("self", "cross"):
        for method, values in VALUES.items():
            metrics = {
                key: metric_facts(
                    title=key.partition("[")[0].upper(),
                    better="lower" if key.startswith("akd") else "higher",
                    value=value,
                    ci_low=value - 0.05,
                    ci_high=value + 0.05,
                    people=4,
                    signature=f"{key}|v1",
                    status="ok",
                )
                for key, value in zip(("csim[a]", "csim[b]", "akd[x]"), values, strict=True)
            }
            folder = tmp_path / protocol / method
            folder.mkdir(parents=True)
            facts = {"protocol": protocol, "protocol_hash": protocol[0] * 64, "task": f"{protocol}_reenactment"}
            summary = summary_facts(metrics, **facts, method=method, title=method.title())
            header = header_facts(protocol={"title": protocol.title(), "anchors": ["copy"]}, timings={"fps": 5.0})
            (folder / "summary.json").write_text(json.dumps(summary))
            (folder / "run.json").write_text(json.dumps(header))
            folders.append(folder)
    return folders


def test_metrics_are_chosen_and_ordered_with_their_variants(runs):
    table = build_table(runs[:3], TableOptions(metrics=("akd", "csim")))
    assert [column.key for column in table.columns] == ["akd[x]", "csim[a]", "csim[b]"]
    assert "Metrics: akd[x], csim[a], csim[b]" in table.caption
    table = build_table(runs, TableOptions(style="paper", metrics=("csim[b]",), columns=("people", "coverage")))
    assert [column.key for column in table.columns] == ["csim[b]", "people", "coverage"] * 2
    assert [cell.value for cell in table.rows[0][1][:3]] == [0.8, 4, 100.0]
    with pytest.raises(UnknownNameError, match=r"metric in these runs called 'akt'\. Did you mean 'akd'"):
        build_table(runs[:3], TableOptions(metrics=("akt",)))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("given", ["Fomm", "Mine", "Copy"]),
        ("id", ["Copy", "Fomm", "Mine"]),
        ("csim", ["Copy", "Mine", "Fomm"]),
        ("csim[b]", ["Fomm", "Mine", "Copy"]),
        ("akd", ["Mine", "Fomm", "Copy"]),
    ],
)
def test_rows_in_the_order_asked_for(runs, sort, order):
    assert [title for title, _ in build_table(runs[:3], TableOptions(sort=sort)).rows] == order


def test_names_and_rows(runs):
    options = TableOptions(
        style="paper", rename={"mine": "Ours", "self": "S", "csim[a]": "ID"}, anchors=False, ours="mine", sort="id"
    )
    table = build_table(runs, options)
    assert [title for title, _ in table.rows] == ["Fomm", "Ours (ours)"]
    assert [(c.group, c.title) for c in table.columns][:2] == [("S", "ID"), ("S", "CSIM")]
    # Better than the anchor or not: that is said without its row, too.
    assert [cells[2].notes for _, cells in table.rows] == ["", ""]
    assert "anchor: marks" not in " ".join(table.footnotes)
    with pytest.raises(RunError, match="All runs of self are anchors"):
        build_table(runs[2:3], TableOptions(anchors=False))
    with pytest.raises(UnknownNameError, match=r"called 'mien'. Did you mean 'mine'"):
        build_table(runs[:3], TableOptions(rename={"mien": "x"}))
    with pytest.raises(UnknownNameError, match="order of rows"):
        build_table(runs[:3], TableOptions(sort="csmi"))
    with pytest.raises(UnknownNameError, match="Did you mean 'coverage'"):
        extra_of("covrage")


@pytest.mark.parametrize(
    ("intervals", "text", "note"),
    [
        ("half", "± 0.050", "±: half of the 95 % interval"),
        ("range", r"\[0.850, 0.950\]", "in brackets: the 95 % interval"),
    ],
)
def test_intervals_are_printed_and_explained(runs, intervals, text, note):
    table = build_table(runs[:3], TableOptions(metrics=("csim[a]",), intervals=intervals))
    assert f"| **0.900** {text} |" in markdown(table) and note in table.footnotes


def test_a_caption_of_the_user_leaves_what_the_numbers_are(runs):
    table = build_table(runs[:3], TableOptions(caption="Ours wins.", label="tab:a"))
    assert table.caption == "Ours wins." and table.footnotes[0].startswith("Self-reenactment, protocol self v1")
    text = latex_paper(table)
    assert "\\caption{Ours wins.}\n  \\label{tab:a}\n" in text
    assert (
        r"CSIM\textsuperscript{1} $\uparrow$ & CSIM\textsuperscript{2}" in text and "1 csim{[}a], 2 csim{[}b]" in text
    )


def test_a_turned_table_holds_the_same_numbers(runs):
    table = build_table(runs, TableOptions(style="paper", intervals="half"))
    turned = transposed(table)
    assert [column.title for column in turned.columns] == ["Fomm", "Mine", "Copy"] and turned.stub == "Metric"
    assert [title for title, _ in turned.rows][:3] == ["CSIM[a] ↑", "CSIM[b] ↑", "AKD ↓"]
    assert [(s.start, s.title) for s in turned.sections] == [(0, "Self"), (4, "Cross")]
    assert [cell.text for cell in turned.rows[0][1]] == ["0.900 ± 0.050", "0.950 ± 0.050", "1.000 ± 0.050"]
    for index, (_, cells) in enumerate(turned.rows):
        assert [c.mark for c in cells] == [row[index].mark for _, row in table.rows]


def test_siunitx_compiles_and_stays_in_its_margins(runs, tmp_path):
    options = TableOptions(style="paper", siunitx=True, metrics=("csim", "akd"))
    text = latex_paper(build_table(runs, options))
    assert "S[table-format=1.3]" in text and r"& 2.00" in text and r"{\textbf{" in text
    if not shutil.which("kpsewhich") or subprocess.run(["kpsewhich", "siunitx.sty"], capture_output=True).returncode:
        pytest.skip("LaTeX's siunitx is not installed")
    compile_latex(document([text]), tmp_path)


@pytest.mark.parametrize("intervals", ["none", "half", "range"])
def test_a_table_with_everything_compiles(runs, tmp_path, intervals):
    options = TableOptions(
        style="paper", intervals=intervals, columns=("people",), label="tab:x", caption="50 % & more", transposed=True
    )
    table = make_table([read_measured(run) for run in runs], options)
    compile_latex(document([latex_paper(table)]), tmp_path)


HARD = '"#strong[x] \\ $y$ <b>&amp; @z _u_ `v`'


def test_typst_compiles_and_takes_nothing_for_markup(runs, tmp_path):
    table = build_table(runs, TableOptions(style="paper", intervals="range", label="tab:x", caption=HARD))
    table = replace(table, rows=((HARD, table.rows[0][1]), *table.rows))
    text = typst(table)
    assert text.count('\\"#strong[x] \\\\ $y$') == 2
    compiler = pytest.importorskip("typst", reason="typst is not installed")
    (tmp_path / "t.typ").write_text(text, encoding="utf-8")
    compiler.compile(str(tmp_path / "t.typ"), output=str(tmp_path / "t.pdf"))
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF")


def test_html_carries_its_styles_and_takes_nothing_for_markup(runs):
    table = build_table(runs, TableOptions(style="paper", intervals="half", caption=HARD, ours="mine"))
    text = html(table)
    assert "<p>&quot;#strong[x] \\ $y$ &lt;b&gt;&amp;amp; @z _u_ `v`</p>" in text
    assert text.count("<tr>") == 2 + len(table.rows) and "<b>0.950</b>&nbsp;±&nbsp;0.050" in text
    assert text.count("border-top:1.5pt") == 3 and "<style" not in text and "class=" not in text


def test_the_suffix_decides(tmp_path):
    names = {".md": "markdown", ".tex": "latex", ".csv": "csv", ".json": "json", ".html": "html", ".typ": "typst"}
    assert {suffix: format_of(tmp_path / f"t{suffix}") for suffix in names} == names and set(names.values()) == set(
        FORMATS
    )
    with pytest.raises(RunError, match=r"t.docx: expected a file name that ends in .md"):
        format_of(tmp_path / "t.docx")


def test_the_command_writes_what_it_would_print(runs, tmp_path, capsys):
    def call(*arguments):
        with contextlib.suppress(SystemExit):
            app(["table", *map(str, runs[:3]), *arguments], standalone_mode=False)
        return capsys.readouterr()

    options = ("-m", "csim[a]", "--columns", "people", "--no-anchors", "--rename", "mine=My model", "--sort", "csim[a]")
    printed = call(*options, "--format", "latex").out
    assert r"My model & \textbf{0.950} & 4" in printed and "Copy" not in printed
    assert call(*options, "--out", str(tmp_path / "t.tex")).err.strip() == str(tmp_path / "t.tex")
    assert (tmp_path / "t.tex").read_text() == printed
    with pytest.raises(EvalkitError, match="--rename 'mine': expected NAME=VALUE"):
        call("--rename", "mine")
