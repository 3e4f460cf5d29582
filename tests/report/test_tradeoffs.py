"""Points of the trade-off chart and who is on the front, by the rule of the paper figure."""

import math

import pytest

from evalkit.report.collect import collect
from evalkit.report.tradeoffs import pareto_data
from tests.report.conftest import small_protocol


def test_fronts_are_those_of_every_couple_of_metrics(make_run):
    protocol = small_protocol(metrics=["l1", "psnr", "csim[dlib]"], anchors=["still"])
    runs = [make_run(name, quality=q, protocol=protocol) for name, q in (("still", 0.0), ("a", 0.2), ("b", 0.5))]
    found = pareto_data(collect(runs))
    # L1 is better when lower, PSNR and CSIM when higher: a and b beat each other in L1, b beats a in the other two.
    assert found["fronts"] == {"0,1": [1, 2], "0,2": [1, 2], "1,2": [2]}
    assert found["fps"] == [10.0, 10.0, 10.0]
    # Clips 0.1 apart: t(2) times the standard error is 0.2484, taken on the log of the mean.
    half = 4.302653 * 0.1 / 3**0.5 / 0.3025
    assert found["values"][0][1] == pytest.approx([0.3025, 0.3025 * math.exp(-half), 0.3025 * math.exp(half)], rel=1e-5)


def test_speeds_of_different_machines_do_not_count(make_run):
    runs = [make_run("a", quality=0.1), make_run("b", quality=0.2, header={"device": {"name": "faster"}})]
    assert pareto_data(collect(runs))["fps"] == [None, None]


def test_a_method_without_a_value_is_left_out(make_run, data):
    from tests.report.conftest import pairs_over

    ids = [pair.id for pair in pairs_over(data, small_protocol())]
    runs = [make_run("a"), make_run("b", failed=dict.fromkeys(ids, "no"))]
    assert pareto_data(collect(runs))["fronts"] == {"0,1": [0]}
