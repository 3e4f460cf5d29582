"""`evalkit explain` and `evalkit cache` on a real run."""

import json

import pytest

from tests.e2e.conftest import assert_explained


@pytest.fixture
def finished(evalkit, small_root, protocols, tmp_path):
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_driving", "-o", tmp_path)
    assert evalkit("run", *arguments, "--workers", "1").returncode == 0
    return tmp_path / "small_self" / "copy_driving"


def test_says_what_a_number_is(evalkit, finished):
    facts = json.loads(evalkit("explain", finished, "csim", "--json").stdout)["facts"]
    assert facts["Signature"].startswith("csim[dlib]|") and "12 used, coverage 100.00%" in facts["Frames"]
    assert "person" in facts["Best pairs"] and "3 scored of 3" in facts["Pairs"]


def test_unknown_metric_and_unfinished_run(evalkit, finished):
    assert_explained(evalkit("explain", finished, "csimm"), "no metric in this run called 'csimm'", "csim[dlib]")
    assert_explained(evalkit("explain", finished.parent, "csim"), "is not a finished run")


def test_the_cache_can_be_listed_and_emptied(evalkit, finished):
    held = json.loads(evalkit("cache", "ls", "--json").stdout)
    assert held["files"] > 0 and held["bytes"] > 0
    assert evalkit("cache", "gc", "--days", "0").stdout.startswith(f"removed {held['files']} feature files")
    assert json.loads(evalkit("cache", "ls", "--json").stdout)["files"] == 0
