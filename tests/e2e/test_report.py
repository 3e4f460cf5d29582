"""`evalkit report` on real runs: clips are found where the run had them, landmarks where scoring left them."""

import json
import shutil

import pytest

from evalkit.report.collect import slug
from tests.e2e.conftest import assert_explained
from tests.report.test_write import pair_data


@pytest.fixture(scope="module")
def runs(evalkit, small_root, protocols, tmp_path_factory):
    """Two runs, to be read only."""
    out = tmp_path_factory.mktemp("runs")
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_driving", "-M", "copy_source")
    assert evalkit("run", *arguments, "-o", out, "--workers", "1").returncode == 0
    return [out / "small_self" / name for name in ("copy_driving", "copy_source")]


def test_the_report_of_a_run_holds_its_clips_and_landmarks(evalkit, runs, tmp_path):
    done = evalkit("report", *runs, "--out", tmp_path / "site", "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "index": str(tmp_path / "site" / "index.html"),
        "methods": 2,
        "pairs": 3,
        "pages": 3,
        "videos": 3,
        "without_video": {},
    }
    found = pair_data(tmp_path / "site", "person1_take")
    assert found["media"]["tiles"] == ["source", "driving", "0", "1"] and found["media"]["frames"] == 4
    assert found["landmarks"] == {"file": f"{slug('person1_take')}.js", "detector": "dlib68", "missing": {}}


def test_bad_input_is_explained(evalkit, runs, tmp_path):
    out = ("--out", tmp_path / "site")
    assert_explained(evalkit("report", tmp_path, *out), "is not a finished run")
    assert_explained(evalkit("report", runs[0], runs[0], *out), "Two runs have the row name 'Copy driving'")
    assert_explained(evalkit("report", runs[0], "--out", runs[0]), "holds other files and no report")
    newer = shutil.copytree(runs[0], tmp_path / "newer")
    summary = newer / "summary.json"
    summary.write_text(summary.read_text().replace('"schema_version": 3', '"schema_version": 99'))
    assert_explained(evalkit("report", newer, *out), "written with schema 99")
    assert not (tmp_path / "site").exists()
