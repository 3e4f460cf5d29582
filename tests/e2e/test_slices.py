"""Tables and gates over groups of driving frames."""

import json
import shutil

import numpy as np
import pytest

from tests.e2e.conftest import assert_explained


@pytest.fixture(scope="module")
def runs(evalkit, protocols, small_root, tmp_path_factory):
    """Run folders of copy_driving and copy_source, and labels that set person0 apart."""
    out = tmp_path_factory.mktemp("slices")
    for method in ("copy_driving", "copy_source"):
        arguments = (
            "-p",
            protocols / "small_self.yaml",
            "-d",
            small_root,
            "-M",
            method,
            "-m",
            "l1",
            "-m",
            "akd[dlib68]",
        )
        evalkit("run", *arguments, "-o", out, "--no-anchors", "--workers", "1")
    clips = [
        json.loads(path.read_text())["pair"] for path in (out / "small_self" / "copy_source" / "pairs").glob("*.json")
    ]
    rows = [f"{clip},group,{'one' if '0' in clip else 'others'}\n" for clip in clips]
    (out / "labels.csv").write_text("clip,attribute,value\n" + "".join(rows))
    return out


def table(evalkit, runs, *options):
    done = evalkit("table", runs / "small_self" / "copy_source", "--json", *options)
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


def cells(tables, column=0):
    return [one["rows"][0][1][column]["value"] for one in tables]


def test_the_whole_is_the_mean_of_its_quarters(evalkit, runs):
    quarters = table(evalkit, runs, "--by", "position", "-m", "l1")
    assert len(quarters) == 4 and quarters[0]["caption"].startswith("Below 25 % of the clip: 3 of 12 driving frames.")
    whole = cells(table(evalkit, runs, "-m", "l1"))
    assert np.mean(cells(quarters)) == pytest.approx(whole[0], rel=1e-6)


def test_few_people_have_a_word_instead_of_an_interval(evalkit, runs):
    one, others = table(evalkit, runs, "--by", "group", "--attributes", runs / "labels.csv", "-m", "l1")
    assert one["caption"].startswith("Group one: 4 of 12 driving frames.")
    assert any("1 person" in note for note in one["footnotes"]) and any(
        "2 people" in note for note in others["footnotes"]
    )


def test_the_gate_names_groups_that_got_worse_and_those_with_too_few_people(evalkit, runs):
    sides = ("-b", runs / "small_self" / "copy_driving", "-c", runs / "small_self" / "copy_source")
    done = evalkit("gate", *sides, "--by", "position", "--by", "group", "--attributes", runs / "labels.csv")
    text = " ".join((done.stdout + done.stderr).split())
    assert "Too few people to judge where group one (1 person), group others (2 people)." in text
    assert done.returncode in (1, 3)


def test_what_cannot_be_grouped_is_explained(evalkit, runs, tmp_path):
    moved = tmp_path / "copy_source"
    shutil.copytree(runs / "small_self" / "copy_source", moved)
    (tmp_path / "empty").mkdir()
    done = evalkit("table", moved, "--by", "position", "--data", tmp_path / "empty")
    assert_explained(done, "its driving clips cannot be found")


def test_what_is_of_whole_protocols_is_refused_beside_groups(evalkit, runs):
    done = evalkit("table", runs / "small_self" / "copy_source", "--by", "position", "--common-frames")
    assert_explained(done, "--common-frames is of whole protocols")
