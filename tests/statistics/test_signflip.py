"""Sign flips by identity: closed forms, level, and what correction does."""

import numpy as np
import pytest

from evalkit.statistics.signflip import Differences, standard_error
from evalkit.statistics.signflip import tests as flip_tests


def self_pairs(values, people):
    return Differences(np.array(values, float), np.ones(len(values)), tuple(people), tuple(people))


def test_all_worse_is_the_rarest_of_all_flips():
    # Five people, all worse: of 2^5 flips only the observed one reaches its mean.
    found = flip_tests([self_pairs([1, 2, 3, 4, 5], "abcde")], 0)[0]
    assert found.p == found.smallest == 1 / 32


def test_share_of_flips_counted_by_hand():
    # 3, 2, -1: means of flips are (+-3 +-2 +-1) / 3; sums 6, 4, 2, 0, 0, -2, -4, -6. The observed sum is 4, so two of
    # eight reach it. (The sum of squares is the same for every flip: the ratio orders flips as the sum does.)
    assert flip_tests([self_pairs([3, 2, -1], "abc")], 0)[0].p == pytest.approx(2 / 8)


def test_clips_of_one_person_flip_together():
    # Ten pairs of two people: only four flips exist, whatever the number of clips.
    found = flip_tests([self_pairs([1.0] * 10, "ab" * 5)], 0)[0]
    assert found.p == found.smallest == 1 / 4


def test_no_difference_is_never_significant():
    found = flip_tests([self_pairs([0.0] * 8, "abcdefgh")], 0)[0]
    assert found.p == found.corrected == 1.0


def test_standard_error_of_independent_people_is_the_textbook_one():
    values = np.random.default_rng(0).normal(size=50)
    people = [f"p{i}" for i in range(50)]
    assert standard_error(self_pairs(values, people)) == pytest.approx(values.std(ddof=1) / np.sqrt(50))


def test_standard_error_counts_people_not_clips():
    values, people = [1.0, 2.0, 4.0], ["a", "b", "c"]
    once = standard_error(self_pairs(values, people))
    assert standard_error(self_pairs(values * 7, people * 7)) == pytest.approx(once)


def test_cross_pairs_count_both_people():
    # d = source effect + driving effect of equal size on a full 10 x 10 grid. V_source = V_driving = V with
    # V = 10/9 sum e^2 / 100; couples count twice and V_couple = 100/99 * 20 sum e^2 / 10^4 = 2/11 V is taken off.
    rows, columns = (grid.ravel() for grid in np.meshgrid(np.arange(10), np.arange(10), indexing="ij"))
    effects = np.random.default_rng(1).normal(size=10)
    ones, sources, drivings = np.ones(100), tuple(f"s{i}" for i in rows), tuple(f"d{i}" for i in columns)
    both = standard_error(Differences(effects[rows] + effects[columns], ones, sources, drivings))
    single = standard_error(Differences(effects[rows], ones, sources, drivings))
    assert both == pytest.approx(np.sqrt(2 - 2 / 11) * single)


@pytest.mark.parametrize("cross", [False, True])
def test_level_holds_when_people_differ(cross):
    # Equal checkpoints whose differences depend on the person: at most 5 % alarms (400 trials: 5 % + 3 sigma = 8.3 %).
    generator, alarms = np.random.default_rng(2), 0
    for trial in range(400):
        sources, drivings = generator.integers(0, 9, 30), generator.integers(0, 9, 30)
        values = generator.normal(size=9)[sources] + generator.normal(size=30)
        values += generator.normal(size=9)[drivings] if cross else 0
        names = tuple(f"s{i}" for i in sources), tuple(f"d{i}" for i in drivings)
        one = Differences(values, np.ones(30), names[0], names[1] if cross else names[0])
        alarms += flip_tests([one], trial)[0].p <= 0.05
    assert alarms / 400 <= 0.083


def test_correction_lies_between_plain_and_bonferroni():
    generator = np.random.default_rng(3)
    people = [f"p{i}" for i in range(10)]
    several = [self_pairs(generator.normal(0.5, 1, 10), people) for _ in range(5)]
    found = flip_tests(several, 0)
    plain = sorted(one.p for one in found)
    for one in found:
        assert one.p <= one.corrected <= 1
    holm, running = [], 0.0
    for step, p in enumerate(plain):
        running = max(running, min(1.0, p * (5 - step)))
        holm.append(running)
    for one, bound in zip(sorted(found, key=lambda t: t.p), holm, strict=True):
        assert one.corrected <= bound + 1e-12


def test_the_same_metric_twice_costs_nothing():
    one = self_pairs(np.random.default_rng(4).normal(1, 1, 8), "abcdefgh")
    twice = flip_tests([one, one], 0)
    assert twice[0].corrected == pytest.approx(twice[0].p)


def test_scale_and_seed():
    values, people = np.random.default_rng(5).normal(0.2, 1, 30), [f"p{i}" for i in range(30)]
    found = flip_tests([self_pairs(values, people)], 7)[0]
    assert flip_tests([self_pairs(1000 * values, people)], 7)[0] == found
    assert flip_tests([self_pairs(values, people)], 8)[0] != found
    assert flip_tests([self_pairs(values, people)], 8)[0].p == pytest.approx(found.p, abs=0.05)


def test_one_person_has_no_error():
    assert np.isnan(standard_error(self_pairs([1.0, 2.0], "aa")))
