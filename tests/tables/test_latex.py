"""The layout of papers as whole texts, compiled, and the refusals that keep unlike numbers apart.

EVALKIT_WRITE_GOLDEN=1 writes the golden files anew; look at the difference before it is kept.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.errors import RunError, UnknownNameError
from evalkit.tables.formats import FORMATS
from evalkit.tables.latex import WIDE, document, latex_paper
from evalkit.tables.options import TableOptions
from evalkit.tables.paper_tables import add_reported, published_table
from evalkit.tables.papers import find_paper, list_papers
from evalkit.tables.table import build_table
from tests.compiling import compile_latex
from tests.facts import header_facts, metric_facts, summary_facts

GOLDEN = Path(__file__).parents[1] / "golden"
HARD = "\\input{/etc/passwd} <script>alert('$x_1$')</script> #1 & 50% ~^ [a] {b} * †"


@pytest.fixture
def run(tmp_path):
    """Write a finished run folder of the protocol `self` or `cross`."""

    def written(protocol, name, metrics, *, title=None, fps=None, machine="m", checkpoint="c", anchors=(), **changes):
        folder = tmp_path / protocol / name
        folder.mkdir(parents=True)
        method = name.partition("@")[0]
        task = f"{protocol}_reenactment"
        entries = {
            key: metric_facts(
                title=key.partition("[")[0].upper(),
                better="higher" if key.startswith("csim") else "lower",
                value=value,
                coverage=coverage,
                status=status,
                signature=f"{key}|v1",
            )
            for key, (value, coverage, status) in metrics.items()
        }
        facts = {"protocol": protocol, "protocol_hash": protocol[0] * 64, "task": task, "method": method}
        summary = summary_facts(entries, **facts, title=title or method)
        header = header_facts(
            configuration={"checkpoint_sha256": checkpoint, "precision": "fp32"},
            protocol={"title": f"VoxCeleb, {protocol}", "dataset": "voxceleb1", "anchors": list(anchors)},
            device={"name": machine},
            timings={"fps": fps},
        )
        (folder / "summary.json").write_text(json.dumps(summary | changes))
        (folder / "run.json").write_text(json.dumps(header))
        return folder

    return written


def ok(value, coverage=1.0):
    return (value, coverage, "ok")


@pytest.fixture
def both(run):
    """Four methods over two protocols: a tie, a rounding, a missing protocol, low and partial coverage, an anchor."""
    low = (0.05, 0.4, "low_coverage")
    return [
        run("self", "ours", {"l1": ok(0.04), "csim[dlib]": ok(0.9, 0.97)}, title="Mine"),
        run("self", "fomm", {"l1": ok(0.04), "csim[dlib]": ok(0.90001)}, title="FOMM"),
        run("self", "hard", {"l1": low, "csim[dlib]": (None, 0.0, "nothing_scored")}, title=HARD),
        run("self", "copy", {"l1": ok(0.0), "csim[dlib]": ok(1.0)}, title="Copy", anchors=["copy"]),
        run("cross", "ours", {"csim[dlib]": ok(0.51), "aed[x]": ok(0.2)}, title="Mine", fps=20.0),
        run("cross", "fomm", {"csim[dlib]": ok(0.52), "aed[x]": ok(0.3)}, title="FOMM", fps=30.0),
    ]


def check(name, text):
    path = GOLDEN / name
    if os.environ.get("EVALKIT_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_two_protocols_in_the_layout_of_papers(both):
    table = build_table(both, TableOptions(style="paper", ours="ours"))
    assert [title for title, _ in table.rows] == ["FOMM", HARD, "Copy", "Mine (ours)"]
    assert [c.group for c in table.columns] == ["VoxCeleb, self"] * 2 + ["VoxCeleb, cross"] * 3
    check("paper.tex", latex_paper(table))
    check("paper.md", FORMATS["markdown"](table))


def test_reported_rows_below(both):
    table = add_reported(build_table(both[-2:], TableOptions(style="paper", ours="ours")), find_paper("sfd"), "1")
    check("reported.tex", latex_paper(table))
    check("reported.md", FORMATS["markdown"](table))


def test_ablation(run):
    runs = [
        run("self", name, {"l1": ok(v)}, checkpoint=name)
        for name, v in (("ours", 0.1), ("ours@a_b", 0.3), ("ours@c", 0.2))
    ]
    table = build_table(runs, TableOptions(style="ablation"))
    assert [title for title, _ in table.rows] == ["a_b", "c", "Full"]
    check("ablation.tex", latex_paper(table))
    with pytest.raises(RunError, match="needs the run of ours without a tag"):
        build_table(runs[1:], TableOptions(style="ablation"))
    with pytest.raises(RunError, match="runs of one method; these are of ours, other"):
        build_table([*runs, run("self", "other", {"l1": ok(0.1)})], TableOptions(style="ablation"))


@pytest.mark.parametrize("paper", [paper.id for paper in list_papers()])
def test_the_tables_of_a_paper(paper):
    found = find_paper(paper)
    check(f"{paper}.tex", document([latex_paper(published_table(found, number)) for number in found.card.tables]))


def test_marks_are_on_unrounded_values_and_ties_share_them(both):
    table = build_table(both, TableOptions(style="paper"))
    marks = {title: [cell.mark for cell in cells] for title, cells in table.rows}
    assert marks["Mine"][:2] == ["best", ""] and marks["FOMM"][:2] == ["best", "best"]
    assert marks["Copy"] == [""] * 5


def test_plain_tables_refuse_a_second_protocol(both):
    with pytest.raises(
        RunError, match=r"their protocol differs \(self v1 ssssssssssss, 3 pairs; cross v1 cccccccccccc"
    ):
        build_table(both)


def test_within_a_protocol_everything_has_to_agree(run):
    runs = [run("self", "a", {"l1": ok(1)}), run("cross", "a", {"csim[x]": ok(1)})]
    with pytest.raises(RunError, match="their data differs"):
        build_table([*runs, run("cross", "b", {"csim[x]": ok(1)}, data_hash="e" * 64)], TableOptions(style="paper"))
    with pytest.raises(RunError, match="Two runs have the row name 'a'"):
        build_table([*runs, run("self", "b", {"l1": ok(1)}, title="a")], TableOptions(style="paper"))
    with pytest.raises(RunError, match="written with schema 99"):
        build_table([*runs, run("self", "c", {"l1": ok(1)}, schema_version=99)], TableOptions(style="paper"))


def test_one_row_is_one_model(run):
    runs = [run("self", "a", {"l1": ok(1)}), run("cross", "a", {"csim[x]": ok(1)}, checkpoint="other")]
    with pytest.raises(
        RunError, match=r"cannot share the row 'a': their checkpoint_sha256 differs \(c there, other here\)"
    ):
        build_table(runs, TableOptions(style="paper"))


def test_speeds_of_two_machines_are_not_ranked(run):
    runs = [run("self", name, {"l1": ok(1)}, fps=10.0, machine=name) for name in "ab"]
    table = build_table(runs)
    assert [cells[1].mark for _, cells in table.rows] == ["", ""]
    assert [cells[1].notes for _, cells in table.rows] == ["‡", "‡"] and table.footnotes[0].startswith(
        "‡ timed on different"
    )


def test_ours_has_to_be_there(both):
    with pytest.raises(UnknownNameError, match=r"method in this table called 'our'\. Did you mean 'ours'"):
        build_table(both, TableOptions(style="paper", ours="our"))


@pytest.mark.parametrize(
    "name", [*(f"{paper.id}.tex" for paper in list_papers()), "paper.tex", "reported.tex", "ablation.tex"]
)
def test_golden_files_compile(tmp_path, name):
    text = (GOLDEN / name).read_text(encoding="utf-8")
    compile_latex(text if "documentclass" in text else document([text]), tmp_path)


def test_wide_tables_fit_on_the_page(run, tmp_path):
    metrics = {f"m{number}": ok(0.1234) for number in range(WIDE + 4)}
    table = build_table(
        [run("cross", name, metrics) for name in ("first_method", "second_method")], TableOptions(style="paper")
    )
    wide, narrow = latex_paper(table, standalone=True), latex_paper(first_columns(table, WIDE))
    assert r"\footnotesize\setlength{\tabcolsep}" in wide and r"\setlength{\tabcolsep}" not in narrow
    compile_latex(wide, tmp_path)


def first_columns(table, count):
    rows = tuple((title, cells[:count]) for title, cells in table.rows)
    return replace(table, columns=table.columns[:count], rows=rows)
