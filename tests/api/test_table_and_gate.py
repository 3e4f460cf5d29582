"""`ek.table` and `ek.gate`: the words and numbers of the command line, in a notebook."""

import math
from dataclasses import replace

import numpy as np
import pytest

import evalkit as ek
from evalkit.datasets import DATASETS


@pytest.fixture(scope="module")
def runs(protocol, root, tmp_path_factory):
    def dark(sources, driving, motion):
        return np.concatenate([np.repeat(sources[:1] // 2, len(chunk), axis=0) for chunk in driving])

    out = tmp_path_factory.mktemp("runs")
    found = ek.run(protocol, dark, name="<b>Dark", data=root, out=out, workers=1)
    return found.anchors[0], found


def test_a_table_of_runs(runs):
    table = ek.table(*runs)
    assert str(table).startswith("| Method | L1 ↓ | PSNR ↑ |") and table.to_text("csv").startswith("method,l1,")
    values = table.to_pandas()
    assert list(values.index) == ["Copy source", "<b>Dark"]
    assert values.iloc[1]["L1"] == runs[1]["l1"].value
    assert math.isnan(values.iloc[0]["FPS"]) and values.iloc[1]["FPS"] > 0
    with pytest.raises(ek.EvalkitError, match="no table format called 'word'"):
        table.to_text("word")


def test_names_of_strangers_are_text_in_a_notebook(runs):
    for thing in (ek.table(*runs), runs[1], ek.gate(*runs)):
        html = thing._repr_html_()
        assert "<table" in html and "<b>Dark" not in html
    assert "&lt;b&gt;Dark" in ek.table(*runs)._repr_html_()


def test_a_worse_run_does_not_pass(runs):
    result = ek.gate(*runs)
    assert not result.passed and result.exit_code != 0
    rows = result.to_pandas().set_index("key")
    assert rows.loc["psnr", "candidate"] == runs[1]["psnr"].value and rows.loc["psnr", "change"] < 0
    assert str(result).splitlines()[0] and "l1" in str(result)


def test_a_run_passes_against_itself_and_rules_are_a_mapping_or_a_file(runs, tmp_path):
    rules = {"metrics": {"csim": {"ignore": True}, "l1": {"margin": 1.0}, "psnr": {"margin": 60.0}}}
    assert ek.gate(runs[0], runs[0].path, rules).passed
    path = tmp_path / "rules.yaml"
    path.write_text("metrics: {csim: {ignore: true}, l1: {margin: 1.0}, psnr: {margin: 60.0}}")
    assert ek.gate(runs[0], runs[0], path).verdict == ek.gate(runs[0], runs[0], rules).verdict
    with pytest.raises(ek.EvalkitError, match="rules: unknown key 'metric', did you mean 'metrics'"):
        ek.gate(*runs, rules={"metric": {}})


def test_tables_by_group_are_those_of_the_command(runs, tmp_path):
    tables = ek.table(*runs, by="position", metrics=["l1"])
    assert len(tables) == len(tables.headings) > 1 and tables.headings[0].startswith("Below 25 % of the clip")
    values = tables.to_pandas()
    assert list(values.index.names) == ["group", "method"]
    whole = ek.table(*runs, metrics=["l1"]).to_pandas()
    mine = values.xs("<b>Dark", level="method")["L1"]
    assert mine.min() <= whole.loc["<b>Dark", "L1"] <= mine.max()
    assert str(tables).count("| Method | L1 ↓ |") == len(tables) and "<b>Dark" not in tables._repr_html_()
    with pytest.raises(ek.EvalkitError, match="no grouping called 'yaws'"):
        ek.table(*runs, by="yaws")
    with pytest.raises(ek.EvalkitError, match="common_frames= is of whole protocols"):
        ek.table(*runs, by="position", common_frames=True)


def test_attributes_of_a_dataset_need_no_file(runs, monkeypatch):
    folder = DATASETS["folder"]

    def moods(root):
        return {"mood": {clip.id: "merry" if "0" in clip.id else "sad" for clip in folder.index(root)}}

    monkeypatch.setitem(DATASETS._entries, "folder", replace(folder, labels=moods))
    merry, sad = ek.table(runs[0], by="mood", metrics=["l1"]).headings
    assert (merry, sad) == ("Mood merry: 5 of 15 driving frames", "Mood sad: 10 of 15 driving frames")
