"""What a wanted sensitivity needs: the losses people ask for, and the numbers that come out."""

import numpy as np
import pytest

from evalkit.errors import RunError, UnknownNameError
from evalkit.gating.evidence import gather
from evalkit.gating.needs import Provable, needs, provable
from evalkit.gating.power import PROVEN, needed_for, provable_margin
from evalkit.gating.rules import Rule, Rules
from tests.gating.conftest import values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


@pytest.fixture
def noisy(make_side):
    """Two sides of 40 clips of 20 people that differ by noise."""
    generator = np.random.default_rng(1)
    after = {key: means * (1 + 0.02 * generator.normal(size=40)) for key, means in values().items()}
    return make_side("a", values()), make_side("b", after)


def test_a_share_and_the_same_loss_in_the_unit_are_one_question(noisy):
    share, unit = needs(*noisy, Rules(), ["akd=5%", f"akd={0.05 * values()[AKD].mean():.17g}"], 0.8)
    assert share.loss == pytest.approx(0.05 * values()[AKD].mean()) and share == unit


def test_the_answer_is_that_of_the_asked_loss_and_chance(noisy):
    (row,) = needs(*noisy, Rules(), ["csim=0.02"], 0.9)
    need = needed_for(gather(CSIM, *noisy, Rules()), 0.01, 0.02, 0.9)  # all but the primary AKD share a fifth of 5 %
    assert (row.metric, row.loss, row.clips, row.identities) == (CSIM, 0.02, need.clips, need.identities)
    assert row.pairs == 40 and row.tolerance == gather(CSIM, *noisy, Rules()).tolerance
    differences = noisy[0].scores[CSIM], noisy[1].scores[CSIM]
    spread = np.std([differences[1][pair].mean - score.mean for pair, score in differences[0].items()], ddof=1)
    assert row.spread == pytest.approx(spread)
    surer = needs(*noisy, Rules(), ["csim=0.02"], 0.99)[0]
    assert surer.clips > row.clips and surer.detectable > row.detectable


def test_cells_of_a_loss_that_nothing_shows(noisy):
    (row,) = needs(*noisy, Rules(), ["csim=0.00001"], 0.8)
    assert row.clips is None and row.cells()[-2:] == ["none is enough", "none is enough"] and row.cells()[1] == "1e-05"


@pytest.mark.parametrize("text", ["csim", "csim=", "csim=0", "csim=-1", "csim=x", "=0.1%%"])
def test_other_texts_are_refused(noisy, text):
    with pytest.raises(RunError, match="expected METRIC=LOSS"):
        needs(*noisy, Rules(), [text], 0.8)


def test_a_metric_that_the_runs_do_not_have(noisy):
    with pytest.raises(UnknownNameError, match="no metric in these runs called 'fid'"):
        needs(*noisy, Rules(), ["fid=1"], 0.8)


def test_what_two_runs_can_prove_by_metric(noisy):
    rules = Rules(default=Rule(absolute=0.0))
    found = {row.metric: row for row in provable(*noisy, rules)}
    for key, row in found.items():
        e = gather(key, *noisy, rules)
        loss = e.differences.loss
        assert (row.baseline, row.margin, row.people) == (e.baseline, e.margin, 20)
        assert row.now == provable_margin(loss) and row.spread == pytest.approx(e.differences.values.std(ddof=1))
        assert row.at == {people: provable_margin(loss, people) for people in (6, 12, 50, 100)}
        # Two metrics: each may fail half as often.
        assert row.proposed == max(provable_margin(loss, None, 1 - (1 - PROVEN) / 2), e.tolerance) > row.now
    assert set(found) == {CSIM, AKD}


def test_a_margin_is_never_proposed_below_the_tolerance_nor_for_what_is_ignored_or_has_no_error(noisy, make_side):
    rules = Rules(default=Rule(absolute=5.0), metrics={CSIM: Rule(ignore=True)})
    (row,) = provable(*noisy, rules)
    assert (row.metric, row.proposed) == (AKD, 5.0)
    # One metric alone may fail as often as is said.
    (alone,) = provable(*noisy, Rules(metrics={CSIM: Rule(ignore=True), AKD: Rule(absolute=0.0)}))
    assert alone.proposed == alone.now
    same = [make_side(name, {CSIM: values()[CSIM]}) for name in "cd"]
    assert provable(*same, Rules()) == []


def test_cells_of_a_margin_are_in_per_cent_for_distances():
    row = Provable(AKD, baseline=5.0, spread=0.12345, people=20, margin=1.25, now=0.3, at={6: 0.5}, proposed=0.4)
    assert row.cells() == [AKD, "0.1235", "20", "25 %", "6 %", "10 %"] and row.rule() == "8%"
    row = Provable(CSIM, baseline=0.9, spread=0.1, people=20, margin=0.01, now=0.0123, at={}, proposed=0.0)
    assert row.cells() == [CSIM, "0.1", "20", "0.01", "0.0123"] and row.rule() == "0"


@pytest.mark.parametrize(
    ("metric", "size", "rule"),
    [
        ("akd[dlib68]", 0.1231, "2.5%"),
        ("akd[dlib68]", 0.0001, "0.002%"),
        (CSIM, 0.01201, "0.013"),
        (CSIM, 0.012, "0.012"),
    ],
)
def test_a_proposed_margin_is_rounded_up_to_two_digits(metric, size, rule):
    row = Provable(metric, baseline=5.0, spread=0.1, people=20, margin=0.1, now=size, at={6: size}, proposed=size)
    assert row.rule() == rule
