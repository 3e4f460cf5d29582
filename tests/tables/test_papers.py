"""The papers' numbers: complete against the reference, with their doubts, and never ranked with measured ones."""

import csv
import shutil
from dataclasses import replace

import pytest

from evalkit.base.places import resource_dir
from evalkit.datasets import DATASETS
from evalkit.errors import RunError, UnknownNameError
from evalkit.tables.cells import Cell, Column
from evalkit.tables.markdown import markdown
from evalkit.tables.paper_tables import add_reported, add_reported_beside, published_table
from evalkit.tables.papers import find_paper, list_papers, read_paper
from evalkit.tables.printed import add_printed
from evalkit.tables.table import Table

PAPERS = ["fsrt", "g3fa", "magicportrait", "sfd"]
REFERENCE_IDS = {"P-RMSE": "p_rmse", "E-RMSE": "e_rmse", "preference_pct": "preference"}
ROMAN = {"Table I": "1", "Table II": "2", "Table III": "3", "Table 1": "1", "Table 2": "2"}


def test_all_four_are_there():
    assert [paper.id for paper in list_papers()] == PAPERS


@pytest.mark.shared
@pytest.mark.parametrize("name", PAPERS)
def test_every_number_of_the_reference_is_there_once(shared, name):
    with (shared / "reference" / "published.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["seed"].lower() == name]
    expected = sorted(
        (
            ROMAN.get(row["table"], row["table"]),
            row["method"].removeprefix(f"{row['seed']}/").removeprefix("FSRT vs "),
            REFERENCE_IDS.get(row["metric"], row["metric"].lower()),
            row["value"],
            row["dataset"].lower().replace("-", "").replace("1kh", "")[:8],
            {"up": "higher", "down": "lower"}[row["direction"]],
        )
        for row in rows
    )
    cells = find_paper(name).cells
    found = sorted((c.table, c.method, c.metric, c.text, c.dataset.replace("_", "")[:8], c.better) for c in cells)
    assert [row[:4] + row[5:] for row in found] == [row[:4] + row[5:] for row in expected]
    assert [row[4] for row in found] == [row[4] for row in expected]


@pytest.mark.shared
@pytest.mark.parametrize("name", PAPERS)
def test_tasks_agree_with_the_reference(shared, name):
    with (shared / "reference" / "published.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["seed"].lower() == name and row["task"] != "ablation"]
    assert rows
    tasks = {(ROMAN[r["table"]], r["method"].replace("FSRT vs ", ""), r["metric"], r["value"]): set() for r in rows}
    for row in rows:
        tasks[ROMAN[row["table"]], row["method"].replace("FSRT vs ", ""), row["metric"], row["value"]].add(row["task"])
    names = {value: key for key, value in REFERENCE_IDS.items()}
    for cell in find_paper(name).cells:
        key = (cell.table, cell.method, names.get(cell.metric, cell.metric), cell.text)
        key = key if key in tasks else (*key[:2], cell.title, cell.text)
        if key in tasks:
            assert cell.task.removesuffix("_reenactment") in tasks[key]


@pytest.mark.parametrize("name", PAPERS)
def test_cells_hold_together(name):
    paper = find_paper(name)
    places = [(c.table, c.group, c.dataset, c.task, c.setting, c.method, c.metric) for c in paper.cells]
    assert len(set(places)) == len(places)
    assert {c.table for c in paper.cells} == set(paper.card.tables) and paper.card.unstated
    assert all(c.dataset in DATASETS for c in paper.cells)
    assert all(c.near == "" or c.near.partition("[")[0] == c.metric for c in paper.cells)


def doubtful(name, **wanted):
    return [
        c
        for c in find_paper(name).cells
        if all(getattr(c, key) == value for key, value in wanted.items()) and c.doubtful
    ]


def test_known_doubts_are_flagged():
    assert {c.method for c in doubtful("sfd", metric="ssim", text="0.957", dataset="voxceleb1")} == {
        *("LIA", "DPE", "SFD", "Baseline", "+Subs.", "+Dec.", "+Sem."),
    }
    assert all("equal the LIA row" in c.doubtful for c in doubtful("sfd", table="3", method="Baseline"))
    assert len(doubtful("sfd", metric="aed", dataset="voxceleb1")) == 10 and not doubtful("sfd", dataset="hdtf")
    assert len(doubtful("g3fa", method="G3FA", table="1")) == 6
    assert {c.metric for c in doubtful("g3fa", method="G3FA") if "swapped" in c.doubtful} == {"ssim", "akd"}
    assert {c.method for c in doubtful("fsrt", metric="akd")} == {"FOMM"}


def test_the_doubts_are_true():
    cells = find_paper("sfd").cells
    rows = {
        name: [c.text for c in cells if c.method == name and c.dataset == "voxceleb1"] for name in ("LIA", "Baseline")
    }
    assert rows["LIA"] == rows["Baseline"] and len(rows["LIA"]) == 5


@pytest.mark.parametrize("name", ["1", "I", "Table 1", "table i", " TABLE I "])
def test_tables_have_several_names(name):
    assert find_paper("sfd").table(name)[0] == "1"


def test_unknown_names_are_explained():
    with pytest.raises(UnknownNameError, match="Did you mean 'fsrt'"):
        find_paper("fsr")
    with pytest.raises(UnknownNameError, match="table of SFD called '4'"):
        find_paper("sfd").table("4")


def test_best_and_second_are_the_papers_own():
    # Bold and underlined in FSRT's Table 1 as printed.
    rows = dict(published_table(find_paper("fsrt"), "1").rows)
    assert [cell.mark for cell in rows["2-Src"]] == ["", "best", "best", "best", "second"]
    assert [cell.mark for cell in rows["TSM"]] == ["", "second", "second", "", "best"]
    assert [cell.mark for cell in rows["FSRT (ours)"]] == ["", "", "", "second", ""]


def test_the_user_study_prints_votes_and_scenes():
    table = published_table(find_paper("fsrt"), "2")
    assert [column.title for column in table.columns] == ["FOMM", "DaGAN", "DaGAN/dv2", "TSM", "OSFS", "DPE"]
    assert [cell.text for cell in table.rows[0][1]] == ["97% (20)", "98% (20)", "95% (19)", "97% (20)", "87% (19)", ""]
    assert table.rows[1][1][5].text == "95% (20)"


def measured_table():
    column = Column("csim[arcface]", "CSIM", "higher", "", 3, "", "cross_reenactment", "voxceleb1")
    rows = (
        ("ours", (Cell(0.4, "second", 1.0, None, None, ""),)),
        ("theirs", (Cell(0.41, "best", 1.0, None, None, ""),)),
    )
    return Table((column,), rows, "c", ())


def test_reported_columns_stand_beside_rows_of_the_same_name():
    measured = replace(measured_table(), rows=(("+Subs.", measured_table().rows[0][1]), measured_table().rows[1]))
    table = add_reported_beside(measured, find_paper("sfd"), "III", "Reported elsewhere")
    assert table.columns[0] == measured.columns[0] and [c.title for c in table.columns[1:]] == [
        *("CSIM", "FID", "SSIM", "AED", "APD"),
    ]
    assert all(column.reported and column.group == "Reported elsewhere" for column in table.columns[1:])
    (_, subs), (_, theirs) = table.rows
    assert [cell.text for cell in subs[1:]] == ["0.483", "32.10", "0.957", "0.072", "0.067"]
    assert all(cell.mark == "" and cell.value is None for cell in (*subs[1:], *theirs[1:]))
    assert (subs[0], theirs[0]) == tuple(cells[0] for _, cells in measured.rows)
    assert "SFD, Table 3 (Ablation of cross-reenactment on VoxCeleb): not measured here" in table.footnotes[0]
    line = next(line for line in markdown(table).splitlines() if "Subs" in line)
    assert line == "| +Subs. | <u>0.400</u> | *0.483* | *32.10* | *0.957?* | *0.072?* | *0.067* |"
    with pytest.raises(RunError, match=r"it has Baseline, \+Subs\., .*; the table has ours, theirs\."):
        add_reported_beside(measured_table(), find_paper("sfd"), "3", "Reported elsewhere")


def test_reported_rows_are_apart_and_change_no_rank():
    table = add_reported(measured_table(), find_paper("sfd"), "1")
    assert table.rows[:2] == measured_table().rows and len(table.rows) == 2 + 6
    assert all(cell.mark == "" and cell.value is None for _, cells in table.rows[2:] for cell in cells)
    assert table.rows[-1][1][0].text == "0.503"
    (section,) = table.sections
    assert (section.start, section.reported) == (2, True) and section.title == "Reported in SFD, Table 1"
    assert "not ranked" in table.footnotes[0]


def test_reported_rows_of_other_data_are_refused():
    with pytest.raises(RunError, match=r"No number of SFD, Table 2 belongs into this table: .*hdtf.*voxceleb1"):
        add_reported(measured_table(), find_paper("sfd"), "2")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.480", "0.48O", r"line 2, column 'value': expected a number, got '0\.48O'"),
        ("higher", "up", "column 'better'"),
        ("1,comparison", "9,comparison", "column 'table'"),
        ("table,layout", "table,place", "column 'layout' is missing"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, old, new, message):
    for name in ("sfd.csv", "sfd.yaml"):
        shutil.copy(resource_dir("leaderboards") / "published" / name, tmp_path)
    path = tmp_path / "sfd.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(RunError, match=rf"sfd\.csv.*{message}"):
        read_paper(path)


def test_a_paper_without_a_card_or_with_an_unknown_key_is_explained(tmp_path):
    for name in ("sfd.csv", "sfd.yaml"):
        shutil.copy(resource_dir("leaderboards") / "published" / name, tmp_path)
    card = tmp_path / "sfd.yaml"
    card.write_text(card.read_text() + "unsaid: []\n")
    with pytest.raises(RunError, match=r"unknown key 'unsaid', did you mean 'unstated'"):
        read_paper(tmp_path / "sfd.csv")
    card.unlink()
    with pytest.raises(RunError, match="expected a paper's card"):
        read_paper(tmp_path / "sfd.csv")


def measured(*keys, task="cross_reenactment", dataset="voxceleb1"):
    columns = tuple(Column(key, key.partition("[")[0].upper(), "higher", "", 3, "", task, dataset) for key in keys)
    rows = tuple(
        (title, tuple(Cell(0.5, "best", 1.0, 0.4, 0.6, "") for _ in keys)) for title in ("First order", "Mine")
    )
    return Table(columns, rows, "Ours.", ("note",))


def test_what_a_paper_printed_stands_in_the_row_of_its_method_beside_the_same_metric():
    methods = {"First order": "fomm", "Mine": "mine"}
    table = add_printed(measured("csim[arcface]", "csim[dlib]"), find_paper("sfd"), "I", methods)
    assert [(c.key, c.title, c.reported) for c in table.columns] == [
        ("csim[arcface]", "CSIM", False),
        ("csim[arcface], sfd", "CSIM, SFD", True),
        ("csim[dlib]", "CSIM", False),  # another network than the paper's
    ]
    (_, first), (_, mine) = table.rows
    (cell,) = [
        c
        for c in find_paper("sfd").cells
        if (c.table, c.method, c.metric, c.dataset) == ("1", "FOMM", "csim", "voxceleb1")
    ]
    assert (first[1].text, first[1].value, first[1].mark) == (cell.text, None, "") and first[0].mark == "best"
    assert mine[1].text == "" and mine[1].value is None
    assert f"*{cell.text}*" in markdown(table)
    assert any(note.startswith("In italics: printed in SFD, Table 1") for note in table.footnotes)


@pytest.mark.parametrize(
    "table",
    [
        measured("csim[dlib]"),
        measured("csim[arcface]", task="self_reenactment"),
        measured("csim[arcface]", dataset="folder"),
    ],
    ids=["network", "task", "data"],
)
def test_other_networks_tasks_and_data_have_nothing_printed_beside_them(table):
    with pytest.raises(RunError, match=r"SFD, Table 1 belongs .* csim\[arcface\] cross_reenactment voxceleb1,"):
        add_printed(table, find_paper("sfd"), "1", {"First order": "fomm"})
