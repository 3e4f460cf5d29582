"""Boards: what may share one, who is ranked, and what the table says."""

import json
from dataclasses import replace

import pytest

from evalkit.errors import RunError, UnknownNameError
from evalkit.leaderboard.board import add_entry, board_table, list_boards, read_board
from evalkit.leaderboard.entry import make_entry, read_result
from evalkit.tables.markdown import markdown
from evalkit.tables.options import TableOptions
from evalkit.tables.table import arranged


@pytest.fixture
def add(run, boards):
    def added(name, metrics, *, trained_on=None, force=False, **changes):
        return add_entry(
            boards, make_entry(run(name, metrics, **changes), boards, trained_on, force=force), force=force
        )

    return added


def metrics(csim, aed, fid=30.0):
    return {"csim[x]": csim, "aed[x]": aed, "fid": fid}


def test_rows_come_best_first_and_those_not_ranked_last(add, boards):
    add("copy_source", metrics(1.0, 0.9, 1.0))
    add("worst", metrics(0.1, 0.5))
    add("best", metrics(0.9, 0.1))
    dirty = {"provenance": {"dirty": True}}
    board = add("dirty", metrics(0.99, 0.01), header=dirty, force=True)
    assert [entry.name for entry in board.entries] == ["best", "worst", "copy_source", "dirty"]
    assert {name: standing.rank for name, standing in board.standings.items()} == {"best": 1, "worst": 2}
    table = board_table(read_board(boards, "small"))
    assert [c.key for c in table.columns] == ["rank", "borda", "csim[x]", "aed[x]", "fid", "overlap", "status"]
    assert [cells[0].text for _, cells in table.rows] == ["1 [1-1]", "2 [2-2]", "", ""]
    assert [cells[2].mark for _, cells in table.rows] == ["best", "", "", ""]
    assert [cells[2].notes for _, cells in table.rows] == ["", "", "¶", "§"]
    assert any(note.startswith("dirty: made from changed code") for note in table.footnotes)


def test_a_table_of_a_row_and_a_run_says_who_stands_for_them(add, run, boards):
    add("mine", metrics(0.5, 0.1))
    row = boards / "small" / "mine.json"
    found = arranged([read_result(row), read_result(run("other", metrics(0.4, 0.2)))])
    assert found.columns[-1].key == "status"
    assert {title: cells[-1].text for title, cells in found.rows} == dict.fromkeys(("mine", "other"), "self-reported")
    only_runs = [read_result(run("third", metrics(0.4, 0.2)))]
    assert "status" not in [column.key for column in arranged(only_runs).columns]
    assert arranged(only_runs, TableOptions(columns=("status",))).columns[-1].title == "Status"
    checked = replace(read_result(row), status="verified")
    assert arranged([checked]).rows[0][1][-1].text == "verified"


def test_overlap_is_shown_with_the_training_data(add):
    add("a", metrics(0.5, 0.5), trained_on=["VoxCeleb1"])
    add("b", metrics(0.5, 0.5), trained_on=["HDTF"])
    table = board_table(add("c", metrics(0.5, 0.5)))
    assert [cells[-2].text for _, cells in table.rows] == ["yes", "no", "not stated"]
    assert table.footnotes[-1].endswith("people): a (VoxCeleb1)")


def test_a_metric_that_some_row_lacks_decides_nothing(add):
    add("a", {"csim[x]": 0.9, "akd[x]": 9.0})
    board = add("b", {"csim[x]": 0.8})
    assert (board.ranked_by, board.left_out) == (("csim[x]",), ("akd[x]",))
    assert board.standings["a"].rank == 1
    assert any("akd[x]" in note for note in board_table(board).footnotes)


COSTS = {
    "latency_s": 0.02,
    "batch": 2,
    "warm_up": "one step",
    "peak_memory_bytes": 512_000_000,
    "peak_memory_of": "process memory",
}


def test_costs_stand_in_the_row_with_what_they_were_measured_under(add, boards):
    add("a", metrics(0.5, 0.5), fps=50.0, header={"timings": COSTS})
    add("b", metrics(0.5, 0.5), fps=25.0, header={"timings": COSTS | {"latency_s": 0.04, "batch": 1}})
    table = board_table(read_board(boards, "small"))
    columns = {column.key: index for index, column in enumerate(table.columns)}
    rows = dict(table.rows)
    assert [rows[name][columns["latency"]].value for name in "ab"] == pytest.approx([20, 40])
    assert [rows[name][columns["peak_memory"]].value for name in "ab"] == [512, 512]
    assert rows["a"][columns["latency"]].mark == "best"
    assert "Timed on machine, fp32. Frames per step: a 2; b 1. Warm-up: one step. Memory: process memory." in (
        table.caption
    )


def test_rows_of_before_costs_were_kept_show_a_dash(add, boards):
    add("old", metrics(0.5, 0.5), fps=25.0)
    path = boards / "small" / "old.json"
    content = json.loads(path.read_text())
    del content["sha256"]  # such rows had none
    path.write_text(json.dumps(content | {"schema_version": 1, "speed": {"fps": 25.0, "machine": "machine, fp32"}}))
    assert "latency" not in [column.key for column in board_table(read_board(boards, "small")).columns]
    table = board_table(add("new", metrics(0.5, 0.5), fps=50.0, header={"timings": COSTS}))
    assert "| FPS ↑ | Latency (ms) ↓ | Memory (MB) ↓ | Overlap |" in markdown(table)
    (row,) = [line for line in markdown(table).splitlines() if line.startswith("| old |")]
    assert "| 25.0 | - | - |" in row


def test_one_row_has_no_rank(add):
    board = add("a", metrics(0.5, 0.5))
    assert board.standings == {} and board_table(board).rows[0][1][0].text == ""


@pytest.mark.parametrize(("key", "what"), [("protocol_hash", "protocol"), ("data_hash", "data")])
def test_other_protocols_and_data_are_refused_and_leave_no_file(add, boards, key, what):
    add("a", metrics(0.5, 0.5))
    with pytest.raises(RunError, match=f"cannot share a table: their {what} differs"):
        add("b", metrics(0.5, 0.5), summary={key: "b" * 64})
    assert [path.name for path in (boards / "small").iterdir()] == ["a.json"]


def test_other_signatures_are_refused_even_by_force(add, run, boards):
    add("a", metrics(0.5, 0.5))
    folder = run("b", metrics(0.5, 0.5))
    summary = json.loads((folder / "summary.json").read_text())
    summary["metrics"]["csim[x]"]["signature"] = "csim[x]|v2"
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunError, match=r"cannot share the column csim\[x\]: .*v1 there, csim\[x\]\|v2 here"):
        add_entry(boards, make_entry(folder, boards, None, force=True), force=True)


def test_two_rows_with_one_name_are_refused(add):
    add("a", metrics(0.5, 0.5), title="Same")
    with pytest.raises(RunError, match="Two runs have the row name 'Same'"):
        add("b", metrics(0.5, 0.5), title="Same")
    assert len(add("b@two", metrics(0.5, 0.5), title="Same").entries) == 2


def test_a_row_is_replaced_by_the_same_weights_only(add, run, boards, tmp_path):
    add("a", metrics(0.5, 0.5))
    (tmp_path / "runs" / "small" / "a").rename(tmp_path / "first")
    with pytest.raises(RunError, match=r"holds a row whose checkpoint_sha256 differs .*--tag NAME"):
        add("a", metrics(0.7, 0.5), header={"configuration": {"checkpoint_sha256": "e" * 64}})
    (tmp_path / "runs" / "small" / "a").rename(tmp_path / "second")
    board = add("a", metrics(0.6, 0.5))
    assert len(board.entries) == 1 and read_board(boards, "small").entries[0].row.metrics["csim[x]"].value == 0.6


def test_empty_and_unknown_boards_are_explained(boards):
    assert list_boards(boards) == []
    with pytest.raises(RunError, match=r"leaderboard of demo_cross .* is empty.*evalkit leaderboard add RUN"):
        read_board(boards, "demo_cross")
    with pytest.raises(UnknownNameError, match="called 'nothing'"):
        read_board(boards, "nothing")
