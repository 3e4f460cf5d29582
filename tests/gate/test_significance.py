"""Families of metrics share the permitted false alarms; each is corrected within."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evalkit.gate.evidence import Evidence, gather
from evalkit.gate.rules import Rule, Rules
from evalkit.gate.significance import test_all as run_tests
from evalkit.gate.verdict import gate
from tests.gate.conftest import values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


@pytest.fixture
def paired(make_side) -> Evidence:
    """A noisy loss of CSIM, alone."""
    noise = np.random.default_rng(0).normal(0.004, 0.01, 40)
    sides = make_side("a", {CSIM: values()[CSIM]}), make_side("b", {CSIM: values()[CSIM] - noise})
    return gather(CSIM, *sides, Rules())


def set_metric(paired, key, **changes):
    return replace(paired, key=key, views=(), **({"resampled": None, "interval": None} | changes))


def test_alone_a_metric_has_the_p_value_of_its_flips(paired):
    call = run_tests([paired], Rules())[CSIM].calls[0]
    assert call.corrected == call.p and 0.0 < call.p < 0.05


def test_families_share_by_their_number_of_metrics(paired):
    losses = np.linspace(-1, 9, 200)
    sets = [set_metric(paired, key, resampled=losses, loss=4.0) for key in ("fid", "fvd")]
    found = run_tests([paired, *sets], Rules())
    alone = run_tests([paired], Rules())[CSIM].calls[0]
    assert found[CSIM].calls[0].corrected == pytest.approx(3 * alone.p)
    p = (1 + (losses <= 0).sum()) / 201
    assert found["fid"].calls[0].p == pytest.approx(p) and found["fid"].calls[0].corrected == pytest.approx(3 * p)
    assert found["fid"].basis == "redrawn"


def test_intervals_are_tested_as_normal(paired):
    half = 0.5
    one = set_metric(paired, "l1", interval=(1.0 - half, 1.0 + half), loss=1.0)
    call = run_tests([one, set_metric(paired, "fid", loss=0.1)], Rules())["l1"].calls[0]
    assert call.p == pytest.approx(stats.norm.sf(1.0 / (half / stats.norm.ppf(0.975)))) and call.worse
    several = [replace(one, key=key, interval=(0.05, 1.95)) for key in ("l1", "psnr", "ssim", "lpips")]
    assert not any(tested.calls[0].worse for tested in run_tests(several, Rules()).values())
    assert run_tests(several[:1], Rules())["l1"].calls[0].worse


def test_without_any_error_the_tolerance_decides_alone(paired):
    tested = run_tests([set_metric(paired, "fid", loss=0.1)], Rules())["fid"]
    assert tested.basis == "tolerance only" and tested.calls[0].worse and tested.calls[0].p is None


def test_a_smaller_share_allows_less(paired):
    rules = Rules(confidence=0.95)
    p = run_tests([paired], rules)[CSIM].calls[0].p
    assert run_tests([paired], rules, spend=1.01 * p / 0.05)[CSIM].calls[0].worse
    assert not run_tests([paired], rules, spend=0.99 * p / 0.05)[CSIM].calls[0].worse


def test_an_ignored_metric_is_shown_as_it_is_and_costs_nothing(make_side):
    noise = np.random.default_rng(0).normal(0.004, 0.01, 40)
    worse = {CSIM: values()[CSIM] - noise, AKD: 1.5 * values()[AKD]}
    sides = make_side("a", values()), make_side("b", worse)
    alone = gate(make_side("c", {CSIM: values()[CSIM]}), make_side("d", {CSIM: worse[CSIM]}), Rules())
    verdict = gate(*sides, Rules(metrics={AKD: Rule(ignore=True)}))
    rows = {row.key: row for row in verdict.metrics}
    assert rows[AKD].status == "worse" and not rows[AKD].judged and verdict.outcome == alone.outcome
    assert rows[CSIM].p_corrected == alone.metrics[0].p_corrected


def test_changes_in_either_direction_cost_half(paired):
    both = replace(paired, rule=paired.rule.model_copy(update={"direction": "both"}))
    p = run_tests([paired], Rules())[CSIM].calls[0].p
    confidence = 1 - 1.5 * p
    assert run_tests([paired], Rules(confidence=confidence))[CSIM].calls[0].worse
    assert not run_tests([both], Rules(confidence=confidence))[CSIM].calls[0].worse
