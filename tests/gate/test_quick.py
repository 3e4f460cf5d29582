"""The quick stage: a balanced subset, certain verdicts only, no more false alarms than one look."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.gate.quick import choose_subset, first_look, second_look
from evalkit.gate.rules import Rule, Rules
from tests.gate.conftest import entry, people, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


def only(side, subset):
    """What the side would be after running these pairs alone."""
    kept = {key: {p: s for p, s in scores.items() if p in set(subset)} for key, scores in side.scores.items()}
    return replace(side, scores=kept, summary={**side.summary, "complete": False, "data_hash": "e" * 64})


def look(make_side, scores, rules=None, **changes):
    a, b = make_side("a", values()), make_side("b", scores, **changes)
    return first_look(a, only(b, choose_subset(a)), rules or Rules())


def test_the_subset_is_a_balanced_quarter(make_side):
    a = make_side("a", values(count=80), pairs=people(80, 20))
    subset = choose_subset(a)
    assert len(subset) == 20 == len({pair[:3] for pair in subset}) and choose_subset(a) == subset


def test_small_protocols_keep_twelve(make_side):
    assert len(choose_subset(make_side("a", values()))) == 12
    assert len(choose_subset(make_side("b", values(count=5)))) == 5


def test_equal_runs_are_green_at_once(make_side):
    verdict = look(make_side, values())
    assert verdict is not None and verdict.exit_code == 0 and verdict.stage == "quick"


def test_a_large_loss_is_red_at_once(make_side):
    verdict = look(make_side, values() | {AKD: values()[AKD] * 1.3})
    assert verdict is not None and verdict.exit_code == 1


def test_noise_needs_the_full_protocol(make_side):
    noise = np.random.default_rng(0).normal(1, 0.3, 40)
    assert look(make_side, values() | {AKD: values()[AKD] * noise}) is None


@pytest.mark.parametrize("rule", [Rule(must_improve=True), Rule(floor=0.5), Rule(ceiling=0.5), Rule(direction="both")])
def test_rules_about_the_whole_protocol_wait_for_it(make_side, rule):
    assert look(make_side, values(), Rules(metrics={CSIM: rule})) is None


def test_a_set_metric_waits_for_the_full_protocol(make_side):
    fid = {"fid": entry("fid", [9.0], coverage=1.0)}
    a = make_side("a", values(), entries=fid)
    b = make_side("b", values(), entries={"fid": entry("fid", [90.0], coverage=1.0)})
    assert first_look(a, only(b, choose_subset(a)), Rules()) is None


def test_failed_pairs_wait_for_the_full_protocol(make_side):
    a = make_side("a", values())
    b = make_side("b", values(), complete=False, counts={"failed": ["p00_c0"]})
    assert first_look(a, only(b, choose_subset(a)), Rules()) is None


def test_other_clips_are_not_comparable_at_once(make_side):
    a, b = make_side("a", values()), make_side("b", values())
    subset = choose_subset(a)
    b = replace(b, data=dict.fromkeys(b.data, "other"))
    verdict = first_look(a, only(b, subset), Rules())
    assert verdict is not None and verdict.exit_code == 4 and "other clips behind" in verdict.reasons[0]


def test_two_looks_share_the_false_alarms(make_side):
    # 150 gates of equal checkpoints whose noise is far beyond the tolerance: at most 5 % red (5 % + 3 sigma = 10.3 %).
    a, generator, red = make_side("a", values()), np.random.default_rng(1), 0
    template = make_side("b", values())
    for _ in range(150):
        noise = generator.normal(0, 0.1, 40)
        scores = {p: replace(s, mean=s.mean * (1 + e)) for (p, s), e in zip(a.scores[AKD].items(), noise, strict=True)}
        b = replace(template, scores={AKD: scores, CSIM: a.scores[CSIM]})
        verdict = first_look(a, only(b, choose_subset(a)), Rules()) or second_look(a, b, Rules())
        red += verdict.exit_code == 1
    assert red / 150 <= 0.103
