"""The quick stage: balanced beginnings, certain verdicts only, no more false alarms than one look."""

import hashlib
import itertools
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit.gating import quick
from evalkit.gating.quick import LOOKS, balanced_order, look_sizes, quick_gate
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.side import PairData
from tests.gating.conftest import entry, people, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"
MANY = 64


@pytest.fixture
def play(make_side):
    """Run the quick stage on a candidate with these numbers; the verdict and how many pairs each look asked for."""

    def played(scores, rules=None, baseline=None, **changes):
        pairs = people(MANY, 32)
        a = make_side("a", baseline or values(count=MANY), pairs=pairs)
        b = make_side("b", scores, pairs=pairs, **changes)
        return stages(a, b, rules or Rules())

    return played


def stages(a, b, rules):
    asked = []

    def run(only):
        asked.append(len(only) or len(a.data))
        return part(b, only) if only else b

    verdict, _ = quick_gate(a, rules, run)
    return verdict, asked


def part(side, only):
    """What the side would be after running these pairs alone."""
    kept = {key: {p: s for p, s in scores.items() if p in set(only)} for key, scores in side.scores.items()}
    return replace(
        side, scores=kept, summary=side.summary.model_copy(update={"complete": False, "data_hash": "e" * 64})
    )


def test_every_beginning_is_balanced(make_side):
    a = make_side("a", values(count=80), pairs=people(80, 20))
    order = balanced_order(a)
    assert sorted(order) == sorted(a.data) and balanced_order(a) == order
    for size in (20, 40, 60):
        assert {order[:size].count(pair) for pair in order[:size]} == {1}
        assert len({pair[:3] for pair in order[:20]}) == 20
        counts = [sum(pair[:3] == person for pair in order[:size]) for person in {pair[:3] for pair in order}]
        assert max(counts) - min(counts) == 0


def test_each_place_takes_the_pair_whose_people_were_used_least(make_side):
    a = make_side("a", values(), drivings=[f"p{i * i % 17:02d}" for i in range(40)])
    scores, used, expected = dict(a.scores[CSIM]), Counter(), []

    def load(pair):
        return sum(used[person] for person in _people(scores[pair]))

    def _people(score):
        return ("source", score.source_identity), ("driving", score.driving_identity)

    waiting = set(scores)
    while waiting:
        best = min(waiting, key=lambda pair: (load(pair), hashlib.sha256(pair.encode()).hexdigest()))
        used.update(_people(scores[best]))
        expected.append(best)
        waiting.remove(best)
    assert balanced_order(a) == expected


def test_looks_grow_and_small_protocols_have_fewer():
    assert look_sizes(100) == [25, 50]
    assert look_sizes(40) == [12, 20]
    assert look_sizes(20) == [12]
    assert look_sizes(12) == look_sizes(0) == []


def test_equal_runs_are_green_at_the_first_look(play):
    verdict, asked = play(values(count=MANY))
    assert verdict.exit_code == 0 and verdict.stage == "quick, look 1" and asked == [16]


def test_a_large_loss_is_red_at_the_first_look(play):
    verdict, asked = play(values(count=MANY) | {AKD: values(count=MANY)[AKD] * 1.3})
    assert verdict.exit_code == 1 and asked == [16]


def test_what_is_not_certain_takes_all_pairs(play):
    noise = np.random.default_rng(0).normal(1, 0.3, MANY)
    verdict, asked = play(values(count=MANY) | {AKD: values(count=MANY)[AKD] * noise})
    assert verdict.stage == "full after quick" and asked == [16, 32, MANY]


def test_a_loss_at_the_edge_of_the_tolerance_takes_all_pairs(play):
    # Significant at once, but 1.05 % against 1 %: which side of the tolerance it lies on is not certain.
    noise = np.random.default_rng(1).normal(1.0105, 0.004, MANY)
    verdict, asked = play(values(count=MANY) | {AKD: values(count=MANY)[AKD] * noise})
    assert asked == [16, 32, MANY] and next(row for row in verdict.metrics if row.key == AKD).p < 0.001


def test_without_a_look_nothing_is_spent(make_side):
    a, b = make_side("a", values(count=12)), make_side("b", values(count=12))
    verdict, asked = stages(a, b, Rules())
    assert verdict.stage == "full" and asked == [12]


@pytest.mark.parametrize("rule", [Rule(must_improve=True), Rule(floor=0.5), Rule(ceiling=0.5), Rule(direction="both")])
def test_rules_about_the_whole_protocol_wait_for_it(play, rule):
    assert play(values(count=MANY), Rules(metrics={CSIM: rule}))[1][-1] == MANY


def test_a_set_metric_waits_for_the_full_protocol(make_side):
    a = make_side("a", values(), entries={"fid": entry("fid", [9.0], coverage=1.0)})
    b = make_side("b", values(), entries={"fid": entry("fid", [90.0], coverage=1.0)})
    verdict, asked = stages(a, b, Rules())
    assert asked[-1] == 40 and verdict.exit_code == 3


def test_failed_pairs_wait_for_the_full_protocol(play):
    verdict, asked = play(values(count=MANY), complete=False, counts={"failed": ["p00_c0"]})
    assert asked[-1] == MANY and verdict.exit_code == 3


def test_other_clips_are_not_comparable_at_once(make_side):
    a, b = make_side("a", values()), make_side("b", values())
    verdict, asked = stages(a, replace(b, data=dict.fromkeys(b.data, PairData("other"))), Rules())
    assert verdict.exit_code == 4 and "other clips behind" in verdict.reasons[0] and asked == [12]


def anchored(side, anchor, frames=(0,), whole=True):
    """The side as one of a run whose pairs start at the picture `anchor`."""
    data = {
        pair: PairData("clips", f"{pair} {frames} {anchor}" if whole else None, anchored=anchor is not None)
        for pair in side.data
    }
    return replace(side, data=data)


@pytest.mark.parametrize(("anchor", "frames"), [("b", (0,)), (None, (0,)), ("a", (3,))])
def test_another_anchor_or_source_frame_is_seen_at_once(make_side, anchor, frames):
    a, b = make_side("a", values()), make_side("b", values())
    verdict, asked = stages(anchored(a, "a"), anchored(b, anchor, frames), Rules())
    assert verdict.exit_code == 4 and "other source frames or anchors behind" in verdict.reasons[0] and asked == [12]
    assert stages(anchored(a, "a"), anchored(b, "a"), Rules())[0].exit_code == 0


def test_an_old_baseline_is_comparable_where_nothing_is_hidden(make_side):
    a, b = make_side("a", values()), make_side("b", values())
    assert stages(anchored(a, None, whole=False), anchored(b, None), Rules())[0].exit_code == 0
    verdict, _ = stages(replace(a, data={pair: PairData("clips") for pair in a.data}), anchored(b, "b"), Rules())
    assert verdict.exit_code == 4 and "keeps no digest per pair" in verdict.reasons[0] and "full" in verdict.reasons[0]


def test_a_baseline_that_does_not_name_its_clips_takes_all_pairs(make_side):
    a, b = make_side("a", values()), make_side("b", values())
    asked = []

    def run(only):
        asked.append(len(only))
        return b

    verdict, _ = quick_gate(replace(a, data={}), Rules(), run)
    assert asked == [0] and verdict.stage == "full"


def test_a_repeated_gate_gives_the_same_verdict(make_side):
    # All pairs were made before: the first look still sees its own part only.
    pairs = people(MANY, 32)
    worse = values(count=MANY) | {AKD: values(count=MANY)[AKD] * 1.3}
    a, b = make_side("a", values(count=MANY), pairs=pairs), make_side("b", worse, pairs=pairs)
    fresh, _ = stages(a, b, Rules())
    again, _ = quick_gate(a, Rules(), lambda only: b)
    assert again.stage == fresh.stage and again.metrics == fresh.metrics


def simulated(make_side, gates, loss, size):
    """Outcomes and pairs run of quick gates whose AKD differs by noise of this size and a loss, as shares."""
    pairs = people(MANY, 32)
    a, template = make_side("a", values(count=MANY), pairs=pairs), make_side("b", values(count=MANY), pairs=pairs)
    generator, found = np.random.default_rng(1), []
    for _ in range(gates):
        ratios = np.exp(generator.normal(np.log1p(loss), size, MANY))
        akd = {p: s._replace(mean=s.mean * r) for (p, s), r in zip(a.scores[AKD].items(), ratios, strict=True)}
        verdict, asked = stages(a, replace(template, scores={**a.scores, AKD: akd}), Rules())
        found.append((verdict.exit_code, asked[-1]))
    return found


@pytest.mark.slow
def test_all_looks_together_keep_the_level(make_side):
    # Equal checkpoints, noise far beyond the tolerance: at most 5 % red (40 gates: 5 % + 3 sigma = 15.3 %).
    found = simulated(make_side, 40, 0.0, 0.1)
    assert np.mean([code == 1 for code, _ in found]) <= 0.153


def test_green_comes_early(make_side):
    found = simulated(make_side, 20, 0.0, 0.01)
    assert np.mean([pairs for _, pairs in found]) <= 0.75 * MANY and all(code == 0 for code, _ in found)


def test_a_loss_is_not_missed_by_stopping_early(make_side):
    assert all(code == 1 for code, _ in simulated(make_side, 20, 0.03, 0.01))


def test_all_early_looks_together_miss_a_loss_as_seldom_as_promised(play, monkeypatch):
    asked = []

    def surely_fine(evidence, share, miss, level):
        asked.append((share, miss))
        return False

    monkeypatch.setattr(quick, "_surely_fine", surely_fine)
    play(values(count=MANY))
    misses = dict(asked)
    assert list(misses) == list(LOOKS) and sum(misses.values()) == pytest.approx(quick.MISS)


@pytest.mark.parametrize("pairs", [13, 20, 40, 100, 1000])
def test_shares_add_up(pairs):
    # Of false alarms over all looks, and of missed losses over the early ones.
    shares = [0.0, *(size / pairs for size in look_sizes(pairs))]
    parts = [after**2 - before**2 for before, after in itertools.pairwise(shares)]
    missed = [part / max(share, LOOKS[-1]) ** 2 for part, share in zip(parts, shares[1:], strict=True)]
    assert sum(parts) + (1 - shares[-1] ** 2) == pytest.approx(1) and sum(missed) <= 1 + 1e-12


def view(p=None, error=1.0, tolerance=0.5):
    """A look at a metric whose p-values are `p`, whatever they are asked."""
    asked = []

    def chance(at):
        asked.append(at)
        return p

    loss = SimpleNamespace(error=error, p_above=chance, p_below=chance)
    return SimpleNamespace(differences=SimpleNamespace(loss=loss), tolerance=tolerance, asked=asked)


@pytest.mark.parametrize(
    ("chances", "lost"),
    [
        ((0.02,), True),
        ((0.0201,), False),
        ((None,), False),
        ((0.5, 0.01), True),
        ((0.01, 0.5), True),
        ((None, 0.3), False),
    ],
)
def test_a_loss_is_certain_when_one_view_rejects_the_tolerance(chances, lost):
    views = [view(p) for p in chances]
    assert quick._surely_lost(SimpleNamespace(views=views)) is lost
    assert views[0].asked == [0.5]


@pytest.mark.parametrize(
    ("p", "error", "rejected"), [(0.01, 1.0, True), (0.011, 1.0, False), (0.0, None, False), (0.01, 0.0, True)]
)
def test_a_loss_that_the_full_protocol_would_call_is_rejected(monkeypatch, p, error, rejected):
    asked = []
    monkeypatch.setattr(quick.power, "called", lambda *given: asked.append(given) or 3.0)
    one = view(p, error)
    assert quick._rejected(one, 0.25, 0.01, 0.04) is rejected
    if error is not None:
        # With four times as many people, seen with a chance of 95 %.
        assert asked == [(one.differences.loss, 0.04, 0.5, 0.95, 4.0)] and one.asked == [3.0]


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        (Rule(), True),
        (Rule(floor=0.0), False),
        (Rule(ceiling=0.0), False),
        (Rule(must_improve=True), False),
        (Rule(must_improve=False), True),
        (Rule(direction="both"), False),
        (Rule(direction="lower"), True),
    ],
)
def test_what_no_rule_asks_more_of_may_be_fine(monkeypatch, rule, fine):
    monkeypatch.setattr(quick, "_rejected", lambda view, share, miss, level: view != "open")
    assert quick._surely_fine(SimpleNamespace(rule=rule, views=("a", "b")), 0.5, 0.01, 0.04) is fine
    assert quick._surely_fine(SimpleNamespace(rule=rule, views=("a", "open")), 0.5, 0.01, 0.04) is False


def test_the_looks_and_what_they_promise():
    assert (LOOKS, quick.LEAST, quick.MISS, quick.SEEN) == ((0.25, 0.5), 12, 0.02, 0.95)
    assert [look_sizes(pairs) for pairs in (13, 24, 25, 48, 49)] == [[12], [12], [12, 13], [12, 24], [13, 25]]
