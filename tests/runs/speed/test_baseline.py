"""A slow-down is found, and noise is not taken for one: on measurements that are made up."""

import json
from pathlib import Path

import pytest

from benchmarks import micro
from evalkit.errors import RunError
from evalkit.runs.speed.baseline import (
    Measurement,
    compare,
    read_baseline,
    save_speed,
    slower_ones,
    speed_of,
)
from evalkit.runs.speed.bench import hold_against
from evalkit.runs.speed.workloads import all_workloads


def measurement(ratio, spread=0.05, work="16 frames"):
    low, high = ratio * (1 - spread), ratio * (1 + spread)
    return Measurement(work=work, units=16, seconds=ratio / 100, ratio=ratio, low=low, high=high, turns=9)


def states(before, now, slower=1.5):
    return {one.name: one.state for one in compare(before, now, slower)}


def test_what_became_slower_and_what_did_not():
    before = {"a": measurement(2.0), "b": measurement(2.0), "c": measurement(2.0), "d": measurement(2.0)}
    now = {"a": measurement(3.1), "b": measurement(2.9), "c": measurement(1.2), "d": measurement(9.0, work="8 frames")}
    assert states(before, now | {"e": measurement(1.0)}) == {
        "a": "slower",
        "b": "same",
        "c": "faster",
        "d": "other work",
        "e": "new",
    }
    assert compare(before, now)[0].factor == pytest.approx(1.55)


def test_a_change_within_the_spread_is_none():
    wide = measurement(2.0, spread=0.8)
    assert states({"a": wide}, {"a": measurement(3.2)}) == {"a": "same"}
    assert states({"a": measurement(2.0)}, {"a": measurement(3.2, spread=0.4)}) == {"a": "same"}
    assert states({"a": measurement(2.0)}, {"a": measurement(3.2)}) == {"a": "slower"}


@pytest.mark.parametrize(("second", "slow"), [(2.1, []), (3.4, ["a"])])
def test_only_what_is_slower_twice_is_slower(second, slow):
    asked = []

    def again(names, seconds):
        asked.append((list(names), seconds))
        return {name: measurement(second) for name in names}

    baseline = speed_of("cpu", {"a": measurement(2.0), "b": measurement(2.0)})
    now, changes = hold_against(baseline, {"a": measurement(4.0), "b": measurement(2.0)}, again, 0.3, 1.5)
    assert asked == [(["a"], pytest.approx(0.9))]
    assert slower_ones(changes) == slow and now["a"].ratio == second


def test_nothing_is_measured_again_where_nothing_seems_slower():
    baseline = speed_of("cpu", {"a": measurement(2.0)})
    now, changes = hold_against(baseline, {"a": measurement(2.1)}, None, 0.3, 1.5)
    assert now["a"].ratio == 2.1 and [one.state for one in changes] == ["same"]


def test_a_file_comes_back_and_is_refused_where_it_says_nothing(tmp_path):
    path = tmp_path / "speed.json"
    speed = speed_of("cpu", {"a": measurement(2.0)})
    save_speed(path, speed)
    assert read_baseline(path, "cpu") == speed
    with pytest.raises(RunError, match=r"measured on cpu, not on cuda"):
        read_baseline(path, "cuda:1")
    save_speed(path, speed.model_copy(update={"kernel": 0}))
    with pytest.raises(RunError, match="version 0 of the reference kernel"):
        read_baseline(path, "cpu")
    path.write_text(json.dumps({"schema_version": 1}), encoding="utf-8")
    with pytest.raises(RunError, match="measurements"):
        read_baseline(path, "cpu")


def test_the_baseline_of_the_repository_is_of_the_work_that_is_done():
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "micro.json"
    kept = read_baseline(path, "cpu").measurements
    work = {one.name: (one.work, one.units) for one in all_workloads()}
    stale = [name for name, one in kept.items() if work.get(name) != (one.work, one.units)]
    assert len(kept) > 80 and stale == [], "measure it again: python -m benchmarks.micro --save"


def test_what_pytest_benchmark_kept_becomes_ratios():
    facts = {"work": "16 frames", "units": 16, "runs": 10, "kernels": [0.01] * 6}
    turns = {"params": {"name": "metric/l1"}, "stats": {"data": [0.2, 0.2, 0.4, 0.3, 0.1]}, "extra_info": facts}
    (found,) = micro.measurements({"benchmarks": [turns]}).values()
    assert (found.ratio, found.low, found.high) == pytest.approx((2.0, 2.0, 3.0))
    assert found.seconds == pytest.approx(0.02) and found.turns == 5
