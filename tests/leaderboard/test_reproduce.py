"""Reported beside measured: what gets a difference, and what the reasons against one are."""

import json

import pytest

from evalkit.errors import UnknownNameError
from evalkit.leaderboard.reproduce import reproduce
from evalkit.records.run import Identity, Summary
from evalkit.tables.papers import find_paper
from evalkit.tables.results import Measured
from tests.facts import metric_facts, summary_facts


def result(metrics, method="fsrt", protocol="fsrt_vox_self", complete=True, tag="", dataset="voxceleb1"):
    pairs = {"protocol": 525, "run": 525 if complete else 3, "scored": 525 if complete else 3, "failed": []}
    entries = {
        key: metric_facts(value=value, status="nothing_scored" if value is None else "ok")
        for key, value in metrics.items()
    }
    facts = summary_facts(entries, method=method, protocol=protocol, complete=complete, pairs=pairs)
    summary = Summary.model_validate_json(json.dumps(facts))
    identity = Identity(checkpoint_sha256=None, options=None)
    return Measured(f"runs/{protocol}/{method}", method, tag, summary, protocol, dataset, None, "", identity)


def cell(results, method="FSRT", metric="L1", table="1"):
    (found,) = [c for c in reproduce(find_paper("fsrt"), [table], results) if (c.method, c.metric) == (method, metric)]
    return found


def test_every_number_of_the_table_is_there_even_without_a_run():
    found = reproduce(find_paper("fsrt"), ["1"], [])
    assert len(found) == 48 and all(c.measured is None and c.difference is None for c in found)
    assert cell([]).reported == "0.0421" and cell([]).why[0] == "no run of fsrt on voxceleb1, self-reenactment"
    assert cell([], "n_K=0").why[0] == "evalkit has no method of that name"


def test_the_same_definition_gives_a_difference():
    found = cell([result({"l1": 0.0431, "ssim": None})])
    assert (found.measured, found.key, found.protocol) == (0.0431, "l1", "fsrt_vox_self")
    assert found.difference == pytest.approx(0.0010)
    assert found.why == ("the paper: 0-1 pixel scale by magnitude",)


def test_another_variant_is_shown_without_a_difference():
    found = cell([result({"akd[dlib68]": 3.0})], metric="AKD")
    assert (found.measured, found.key, found.difference) == (3.0, "akd[dlib68]", None)
    assert found.why[0] == "not comparable: akd[dlib68] was measured, the paper most likely means akd[fan68]"


def test_a_metric_that_was_not_measured_says_so():
    assert (
        cell([result({"l1": 0.04})], metric="PSNR")
        .why[0]
        .startswith("PSNR was not measured in runs/fsrt_vox_self/fsrt")
    )


def test_what_of_the_run_differs_is_said():
    found = cell([result({"l1": 0.05}, protocol="vox_self", complete=False, tag="small")])
    assert found.difference == pytest.approx(0.0079)
    assert found.why[:3] == ("vox_self is not the paper's setting", "the run is tagged small", "only 3 of 525 pairs")


def test_the_papers_own_whole_protocol_comes_first():
    runs = [result({"l1": 0.1}, protocol="vox_self"), result({"l1": 0.2}, complete=False), result({"l1": 0.3})]
    assert cell(runs).measured == 0.3


@pytest.mark.parametrize("changes", [{"method": "fomm"}, {"dataset": "voxceleb2"}])
def test_another_method_or_dataset_is_no_match(changes):
    assert cell([result({"l1": 0.1}, **changes)]).measured is None


def test_doubts_are_repeated():
    assert "most likely Euclidean" in " ".join(cell([], "FOMM", "AKD").why)


def test_votes_are_not_measured():
    found = reproduce(find_paper("fsrt"), ["2"], [])
    assert len(found) == 22 and {c.group for c in found} == {"relative", "absolute"}
    assert found[0].why[0] == "people's votes and timings are not measured by a run"


def test_an_unknown_table_is_explained():
    with pytest.raises(UnknownNameError, match="table of FSRT called '7'"):
        reproduce(find_paper("fsrt"), ["7"], [])
