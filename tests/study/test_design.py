"""Who sees what: balanced, spread, reproducible."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import StudyError
from evalkit.study.design import INTACT, RUINED, Unit, compare_all, deal, opaque


def units(scenes=5, methods=("ours", "a", "b"), ours="ours"):
    couples = compare_all(methods, ours)
    return [Unit(f"s{scene}", *couple) for scene in range(scenes) for couple in couples]


CHECKS = [Unit(f"s{scene}", INTACT, RUINED, check=True) for scene in range(3)]


def shown(dealt):
    return [trial for mine in dealt for trial in mine if not trial.unit.check]


def test_ours_meets_every_other_once_and_without_ours_all_meet():
    assert compare_all(["a", "ours", "b"], "ours") == [("ours", "a"), ("ours", "b")]
    assert compare_all(["a", "b", "c"], None) == [("a", "b"), ("a", "c"), ("b", "c")]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 10), st.integers(0, 3), st.integers(0, 1000))
def test_exposures_and_sides_are_balanced(raters, per_rater, checks, seed):
    dealt = deal(units(), CHECKS[:checks], raters, per_rater, seed)
    assert [len(mine) for mine in dealt] == [per_rater + checks] * raters
    exposures = Counter(trial.unit for trial in shown(dealt))
    counts = [exposures[unit] for unit in units()]
    assert max(counts) - min(counts) <= 1
    for unit in units():
        sides = Counter(trial.left == unit.first for trial in shown(dealt) if trial.unit == unit)
        assert abs(sides[True] - sides[False]) <= 1
    for mine in dealt:
        assert len({trial.unit for trial in mine}) == len(mine)
        assert {trial.unit for trial in mine if trial.unit.check} == set(CHECKS[:checks])
        assert all({trial.left, trial.right} == {trial.unit.first, trial.unit.second} for trial in mine)


def test_a_rater_sees_ours_on_both_sides_equally_often():
    (first, *_) = deal(units(scenes=10), [], 1, 20, seed=3)
    assert sum(trial.left == "ours" for trial in first) == 10


def test_scenes_are_spread_within_a_rater():
    (mine,) = deal(units(scenes=5), [], 1, 5, seed=0)
    assert len({trial.unit.scene for trial in mine}) == 5


def test_checks_are_spread_and_change_sides():
    (mine,) = deal(units(scenes=10), CHECKS, 1, 18, seed=0)
    places = [index for index, trial in enumerate(mine) if trial.unit.check]
    assert len(mine) == 21 and places == [4, 10, 15]
    assert [mine[place].left for place in places] == [INTACT, RUINED, INTACT]


def test_seeds_reproduce_and_differ():
    assert deal(units(), CHECKS, 4, 7, seed=1) == deal(units(), CHECKS, 4, 7, seed=1)
    order = [[trial.unit for trial in mine] for mine in deal(units(), [], 1, 10, seed=1)]
    assert order != [[trial.unit for trial in mine] for mine in deal(units(), [], 1, 10, seed=2)]


def test_ids_are_unique_and_opaque():
    dealt = deal(units(), CHECKS, 12, 10, seed=1)
    names = [trial.id for mine in dealt for trial in mine]
    assert len(set(names)) == len(names) == 12 * 13
    assert opaque("m", 1, "ours") != opaque("m", 2, "ours") and "ours" not in opaque("m", 1, "ours")


@pytest.mark.parametrize(("raters", "per_rater"), [(0, 1), (1, 0), (1, 11)])
def test_too_much_or_nothing_is_refused(raters, per_rater):
    with pytest.raises(StudyError, match="1 to 10 trials"):
        deal(units(), [], raters, per_rater, seed=0)
