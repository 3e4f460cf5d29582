"""Verdicts on runs with known numbers: what is red, green, not comparable."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evalkit.errors import UnknownNameError
from evalkit.gating.evidence import gather
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.side import read_side
from evalkit.gating.significance import test_all as run_tests
from evalkit.gating.verdict import _outcome, gate
from tests.gating.conftest import entry, moved, people, status, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


def noisy(scores, seed=1, size=0.002):
    generator = np.random.default_rng(seed)
    return {key: means * (1 + size * generator.normal(size=len(means))) for key, means in scores.items()}


def test_identical_runs_pass(make_side):
    verdict = gate(make_side("a", values()), make_side("b", values()), Rules())
    assert (verdict.outcome, verdict.exit_code) == ("pass", 0) and set(status(verdict).values()) == {"same"}
    assert verdict.worst == ()


def test_noise_passes_and_says_what_it_could_see(make_side):
    verdict = gate(make_side("a", values()), make_side("b", noisy(values())), Rules())
    assert verdict.exit_code == 0 and set(status(verdict).values()) == {"same"}
    assert all(row.detectable >= row.tolerance and row.loss_high < row.margin for row in verdict.metrics)


def test_a_green_metric_says_what_is_excluded_or_that_nothing_differs(make_side):
    noise = np.random.default_rng(3).normal(0, 1e-4, 40)
    a, b = make_side("a", values()), make_side("b", {key: means * (1 + noise) for key, means in values().items()})
    rows = gate(a, b, Rules()).metrics
    assert [row.reason for row in rows] == [f"a loss of {row.margin:.4g} or more is excluded" for row in rows]
    assert {row.reason for row in gate(a, a, Rules()).metrics} == {"every pair has the same value"}


def test_a_row_holds_what_the_tests_found(make_side):
    a, b = make_side("a", values()), make_side("b", noisy(values()))
    evidence = [gather(key, a, b, Rules()) for key in (CSIM, AKD)]
    tested = run_tests(evidence, Rules(), {CSIM, AKD})
    for row in gate(a, b, Rules(primary=(CSIM, AKD))).metrics:
        found = tested[row.key]
        assert (row.p, row.p_corrected, row.level, row.loss_high) == pytest.approx(
            (found.p, found.adjusted, found.level, found.high)
        )


def test_a_planted_loss_is_red_and_names_the_pairs(make_side):
    worse = noisy(values())
    worse[CSIM] = worse[CSIM] - 0.01
    worse[CSIM][7] -= 0.1
    verdict = gate(make_side("a", values()), make_side("b", worse), Rules())
    assert verdict.exit_code == 1 and status(verdict) == {CSIM: "worse", AKD: "same"}
    assert verdict.worst[0].pair == people()[7][0] and verdict.worst[0].metric == CSIM
    assert CSIM in verdict.reasons[0]


def test_a_gain_is_green(make_side):
    better = noisy(values())
    better[AKD] = 0.9 * better[AKD]
    verdict = gate(make_side("a", values()), make_side("b", better), Rules())
    assert verdict.exit_code == 0 and status(verdict)[AKD] == "better"


def test_direction_matters(make_side):
    moved = {key: means * 0.9 for key, means in values().items()}
    assert status(gate(make_side("a", values()), make_side("b", moved), Rules())) == {CSIM: "worse", AKD: "better"}


def test_significant_but_tolerated_is_green(make_side):
    slightly = {key: means * 1.004 for key, means in values().items()}
    verdict = gate(make_side("a", values()), make_side("b", slightly), Rules())
    akd = next(row for row in verdict.metrics if row.key == AKD)
    assert akd.p < 0.001 and akd.status == "same" and verdict.exit_code == 0


def test_a_large_loss_within_noise_is_not_proven(make_side):
    scattered = values()
    scattered[AKD] = scattered[AKD] + np.where(np.arange(40) % 40 == 3, 20.0, 0.0)
    verdict = gate(make_side("a", values()), make_side("b", scattered), Rules())
    akd = next(row for row in verdict.metrics if row.key == AKD)
    assert akd.change > akd.tolerance and akd.status == "not_proven" and akd.loss_high > akd.margin
    assert (verdict.outcome, verdict.exit_code) == ("not_proven", 3) and "is possible" in verdict.reasons[0]
    allowed = gate(
        make_side("c", values()), make_side("d", scattered), Rules(metrics={"akd": Rule(allow_unproven=True)})
    )
    assert allowed.exit_code == 0 and allowed.warnings[0].startswith(f"Not proven, which the rules allow: {AKD} (")


def test_too_good_is_an_alarm(make_side):
    leaked = values() | {AKD: values()[AKD] * 0.1}
    verdict = gate(make_side("a", values()), make_side("b", leaked), Rules())
    assert verdict.exit_code == 1 and status(verdict)[AKD] == "suspicious" and "too good" in verdict.reasons[0]
    assert gate(make_side("c", values()), make_side("d", leaked), Rules(default=Rule(too_good=1))).exit_code == 0


def test_a_bound_that_a_metric_can_pass_is_no_alarm_where_the_rules_say_so(make_side):
    # KID can fall below 0: a gain of 110 % of the way to a perfect value.
    a, b = make_side("a", {"kid": np.full(40, 0.01)}), make_side("b", {"kid": np.full(40, -0.001)})
    assert status(gate(a, b, Rules())) == {"kid": "suspicious"}
    free = gate(a, b, Rules(default=Rule(too_good=1)))
    assert status(free) == {"kid": "better"} and free.exit_code == 0


@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_a_clip_without_a_value_on_one_side_takes_no_part(make_side, side):
    lost = {key: [None, *means[1:]] for key, means in moved(1.2).items()}
    whole = {key: list(means) for key, means in values().items()}
    a, b = (
        (make_side("a", lost), make_side("b", whole))
        if side == "baseline"
        else (make_side("a", whole), make_side("b", lost))
    )
    verdict = gate(a, b, Rules(default=Rule(coverage_drop=1, min_coverage=0)))
    assert {row.pairs for row in verdict.metrics} == {39}
    assert verdict.worst and people()[0][0] not in {worst.pair for worst in verdict.worst}


def test_the_worst_pairs_are_the_five_that_lost_most_each_in_its_worst_metric(make_side):
    before = {CSIM: np.full(40, 0.9), AKD: np.full(40, 4.0)}
    after = {key: means.copy() for key, means in before.items()}
    for pair, loss in enumerate((0.1, 0.2, 0.02, 0.3, 0.4, 0.5)):
        after[CSIM][pair] -= loss
    after[AKD][2] += 4.0  # 100 times 1 %
    after[AKD][3] += 0.4
    after[AKD][30] -= 4.0
    verdict = gate(make_side("a", before), make_side("b", after), Rules())
    names = [name for name, _ in people()]
    found = [(row.pair, row.metric, row.baseline, row.candidate) for row in verdict.worst]
    expected = [(2, AKD), (5, CSIM), (4, CSIM), (3, CSIM), (1, CSIM)]
    assert found == [(names[i], key, before[key][i], after[key][i]) for i, key in expected]
    assert [row.tolerances for row in verdict.worst] == pytest.approx([100, 100, 80, 60, 40])
    # Without a tolerance the spread of the differences is the measure.
    free = Rules(default=Rule(absolute=0.0))
    alone = gate(make_side("c", {CSIM: before[CSIM]}), make_side("d", {CSIM: after[CSIM]}), free)
    assert [row.pair for row in alone.worst] == [names[i] for i in (5, 4, 3, 1, 0)]
    assert {row.tolerances for row in alone.worst} == {None}


def test_runs_are_named_by_their_titles(make_side):
    verdict = gate(make_side("one", values()), make_side("other", values()), Rules())
    assert (verdict.baseline.title, verdict.candidate.title) == ("one", "other")
    assert verdict.baseline.method == verdict.candidate.method == "m"
    assert (verdict.baseline.pairs, verdict.candidate.pairs) == (40, 40)
    stopped = gate(make_side("a", values()), make_side("b", values(), header={"status": "running"}), Rules())
    assert stopped.candidate.pairs is None


def test_changed_clips_are_named_in_order(make_side, make_run):
    folder = make_run("b", values(), data_hash="e" * 64)
    for pair in ("p19_c1", "p03_c0", "p11_c0"):
        path = folder / "pairs" / f"{pair}.json"
        path.write_text(path.read_text().replace('"driving_sha256": "d"', '"driving_sha256": "other"'))
    a = make_side("a", values())
    for pairs in (sorted(a.data), sorted(a.data, reverse=True)):
        baseline = replace(a, data={pair: a.data[pair] for pair in pairs})
        not_comparable(gate(baseline, read_side(folder), Rules()), "behind p03_c0, p11_c0, p19_c1.")


@pytest.mark.parametrize(
    ("rule", "factor", "code"),
    [
        (Rule(floor=0.95), 1.0, 1),
        (Rule(floor=0.8), 1.0, 0),
        (Rule(ceiling=0.8), 1.0, 1),
        (Rule(must_improve=True), 1.0, 1),
        (Rule(must_improve=True), 1.03, 0),
        (Rule(direction="both"), 1.03, 1),
        (Rule(direction="both"), 1.0, 0),
        (Rule(absolute=0.2), 0.9, 0),
        (Rule(ignore=True), 0.5, 0),
    ],
)
def test_rules_of_one_metric(make_side, rule, factor, code):
    moved = noisy(values()) | {CSIM: values()[CSIM] * factor}
    rules = Rules(metrics={CSIM: rule.over(Rule(too_good=1))})
    assert gate(make_side("a", values()), make_side("b", moved), rules).exit_code == code


def test_a_verdict_says_what_a_loss_is_more_than(make_side):
    worse = values() | {CSIM: values()[CSIM] - 0.03}
    verdict = gate(make_side("a", values()), make_side("b", worse), Rules())
    assert verdict.reasons == (f"{CSIM} is worse: a loss of 0.03, more than the 0.005 tolerated.",)
    zero = Rules(default=Rule(absolute=0, relative=0), metrics={CSIM: Rule(absolute=0, relative=0)})
    verdict = gate(make_side("c", values()), make_side("d", worse), zero)
    assert f"{CSIM} is worse: a loss of 0.03, and none is tolerated." in verdict.reasons


def test_few_people_cannot_prove_a_loss(make_side):
    pairs = people(6, 2)
    worse = {AKD: values(count=6)[AKD] * 1.5}
    same, lost = make_side("a", {AKD: values(count=6)[AKD]}, pairs=pairs), make_side("b", worse, pairs=pairs)
    verdict = gate(same, lost, Rules())
    assert verdict.exit_code == 3 and verdict.reasons[0].startswith(f"{AKD} is not proven: a loss of ")
    assert verdict.reasons[0].endswith(" tolerated, but nothing can be told from noise: 2 people.")
    # What is beyond the tolerance is not allowed either.
    assert gate(same, lost, Rules(default=Rule(allow_unproven=True))).exit_code == 3
    assert gate(same, same, Rules()).exit_code == 0
    by_pair = gate(
        make_side("d", {AKD: values(count=6)[AKD]}, pairs=pairs),
        make_side("e", worse, pairs=pairs),
        Rules(cluster="pair"),
    )
    assert by_pair.exit_code == 1


def test_cross_pairs_use_both_people(make_side):
    drivings = [f"d{i % 7}" for i in range(40)]
    worse = noisy(values()) | {AKD: values()[AKD] * 1.1}
    verdict = gate(make_side("a", values(), drivings=drivings), make_side("b", worse, drivings=drivings), Rules())
    assert verdict.exit_code == 1 and verdict.metrics[0].identities == 27


# -- not comparable --------------------------------------------------------------------------------------------------


def not_comparable(verdict, *phrases):
    assert (verdict.outcome, verdict.exit_code) == ("not_comparable", 4)
    text = " ".join(verdict.reasons)
    for phrase in phrases:
        assert phrase in text, text


def test_another_protocol_version(make_side):
    b = make_side("b", values(), protocol_hash="b" * 64, protocol_version=2)
    not_comparable(gate(make_side("a", values()), b, Rules()), "small v1 (aaaaaaaaaaaa)", "small v2 (bbbbbbbbbbbb)")


def test_another_signature(make_side):
    b = make_side("b", values(), entries={CSIM: entry(CSIM, values()[CSIM], signature="csim|v2")})
    not_comparable(gate(make_side("a", values()), b, Rules()), "csim[dlib]|v1 in the baseline, csim|v2 now")
    assert gate(make_side("c", values()), b, Rules(metrics={CSIM: Rule(ignore=True)})).exit_code == 0


def test_other_data(make_side):
    not_comparable(gate(make_side("a", values()), make_side("b", values(), data_hash="e" * 64), Rules()), "data")


def test_renamed_pairs(make_side):
    renamed = [(f"x_{pair}", person) for pair, person in people()]
    b = make_side("b", values(), pairs=renamed, data_hash="e" * 64)
    not_comparable(gate(make_side("a", values()), b, Rules()), "only in the baseline: p00_c0", "only now: x_p00_c0")


def test_a_protocol_that_differs_wins_over_incomplete(make_side):
    b = make_side("b", values(), protocol_hash="b" * 64, complete=False)
    not_comparable(gate(make_side("a", values()), b, Rules()))


@pytest.mark.parametrize(
    ("changed", "rules", "code", "warned"),
    [
        ({"device": "cuda"}, Rules(), 0, True),
        ({"device": "cuda"}, Rules(device="refuse"), 4, False),
        ({"device": "cuda"}, Rules(device="ignore"), 0, False),
        ({"precision": "fp16"}, Rules(), 4, False),
        ({"precision": "fp16"}, Rules(precision="warn"), 0, True),
        ({"device": None}, Rules(), 0, True),
        ({"device": None}, Rules(device="refuse"), 4, False),
        ({"precision": None}, Rules(), 4, False),
        ({"precision": None}, Rules(precision="warn"), 0, True),
        ({"precision": None}, Rules(precision="ignore"), 0, False),
    ],
)
def test_device_and_precision(make_side, changed, rules, code, warned):
    verdict = gate(make_side("a", values()), make_side("b", values(), configuration=changed), rules)
    assert verdict.exit_code == code and bool(verdict.warnings) == warned


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_unknown_metric_in_the_rules(make_side):
    with pytest.raises(UnknownNameError, match="csim"):
        gate(make_side("a", values()), make_side("b", values()), Rules(metrics={"cism": Rule()}))


def test_a_set_metric_without_an_error_proves_nothing(make_side):
    def side(name, fid):
        return make_side(name, values(), entries={"fid": entry("fid", [fid], coverage=1.0)})

    verdict = gate(side("a", 10.0), side("b", 10.05), Rules())
    assert verdict.exit_code == 3 and status(verdict)["fid"] == "not_proven"
    assert any("nothing shown: fid" in text for text in verdict.warnings)
    allowed = Rules(metrics={"fid": Rule(allow_unproven=True)})
    assert gate(side("c", 10.0), side("d", 10.05), allowed).exit_code == 0
    # Beyond the tolerance it is never green: nothing says that this is noise.
    assert gate(side("e", 10.0), side("f", 10.5), allowed).exit_code == 3
    assert gate(side("g", 10.0), side("h", 10.5), Rules(metrics={"fid": Rule(ceiling=10.2)})).exit_code == 1


def test_a_metric_that_the_baseline_lacks_is_not_comparable(make_side):
    b = make_side("b", values() | {"l1": values()[AKD]})
    verdict = gate(make_side("a", values()), b, Rules())
    assert verdict.exit_code == 4 and "l1 is new" in verdict.reasons[0]
    ignored = gate(make_side("c", values()), b, Rules(metrics={"l1": Rule(ignore=True)}))
    assert ignored.exit_code == 0 and "l1 is new" in ignored.warnings[0]


@pytest.mark.parametrize("hashes", [(None, "d" * 64), ("d" * 64, None), (None, None)])
def test_data_that_nobody_names_is_not_comparable(make_side, hashes):
    sides = [make_side(name, values(), data_hash=digest) for name, digest in zip("ab", hashes, strict=True)]
    not_comparable(gate(*sides, Rules()), "The digest of the data of the")


def test_frame_averaging_weighs_pairs(make_side):
    verdict = gate(
        make_side("a", values(), rules={"averaging": "frame"}),
        make_side("b", values(), rules={"averaging": "frame"}),
        Rules(),
    )
    assert verdict.exit_code == 0


def test_the_machine_form_is_whole_and_repeats(make_side):
    worse = moved(1.0) | {CSIM: values()[CSIM] * 0.9}
    texts = [
        json.dumps(
            gate(make_side(f"a{n}", values()), make_side(f"b{n}", worse), Rules()).record().model_dump()["metrics"],
            allow_nan=False,
        )
        for n in range(2)
    ]
    assert texts[0] == texts[1]
    row = json.loads(texts[0])[CSIM]
    assert row["change"] == pytest.approx(-0.1 * values()[CSIM].mean())
    assert row["change_low"] < row["change"] < row["change_high"]


def test_without_a_metric_to_judge_nothing_is_green():
    assert _outcome([], [], Rules()) == ("incomplete", ["There is no metric to judge."])
    rules = Rules(metrics={"l1": Rule(relative=0.1)})
    assert _outcome([], ["l1", "fid"], rules) == (
        "incomplete", ["l1 is in the rules, and the baseline has no value of it."]
    )  # fmt: skip
