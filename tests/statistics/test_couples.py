"""Every method against every other: the differences are those of `estimate`, couple by couple, and p-values Holm's."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from evalkit.statistics.couples import Couple, couples
from evalkit.statistics.estimate import Estimate, estimate
from evalkit.statistics.holm import holm

PAIRS = [(a, b) for a in "abcd" for b in "abcd" if a != b]
SOURCES, DRIVINGS = [a for a, _ in PAIRS], [b for _, b in PAIRS]


def values(methods=4, pairs=12):
    return np.random.default_rng(3).normal(size=(methods, pairs)) + np.arange(methods)[:, None]


def test_one_clip_per_person_is_students_paired_t():
    clips = values(3, 9)
    people = [f"p{i}" for i in range(9)]
    found = couples(clips, np.ones_like(clips), people, people)
    by_hand = [ttest_rel(clips[i], clips[j]).pvalue for i, j in found]
    assert list(found) == [(0, 1), (0, 2), (1, 2)]
    assert [couple.p for couple in found.values()] == pytest.approx(holm(np.array(by_hand)))
    assert [couple.difference.mean for couple in found.values()] == pytest.approx(
        [(clips[i] - clips[j]).mean() for i, j in found]
    )


def test_couples_are_estimated_over_the_clips_that_both_have():
    clips, weights = values(), np.random.default_rng(4).integers(1, 9, (4, len(PAIRS))).astype(float)
    clips[1, :3] = np.nan
    clips[2, 5] = np.nan
    for (i, j), couple in couples(clips, weights, SOURCES, DRIVINGS).items():
        both = np.isfinite(clips[i]) & np.isfinite(clips[j])
        alone = estimate(
            np.where(both, clips[i] - clips[j], 0), np.where(both, weights[i] + weights[j], 0), SOURCES, DRIVINGS
        )
        assert couple.clips == both.sum()
        assert couple.difference.mean == pytest.approx(alone.mean)
        assert (couple.difference.error, couple.difference.df) == pytest.approx((alone.error, alone.df))


def test_a_clip_without_weight_on_one_side_is_in_no_difference():
    clips, weights = values(2), np.ones((2, len(PAIRS)))
    weights[0, 4] = 0
    found = couples(clips, weights, SOURCES, DRIVINGS)[0, 1]
    assert found.clips == 11 and found.difference.mean == pytest.approx(np.delete(clips[0] - clips[1], 4).mean())


def test_the_correction_counts_all_couples_of_the_metric():
    clips = values(2)
    alone = couples(clips, np.ones_like(clips), SOURCES, DRIVINGS)[0, 1]
    more = np.vstack([clips, clips[:1], clips[:1]])
    together = couples(more, np.ones_like(more), SOURCES, DRIVINGS)
    # The same methods three times are never apart, and what is apart pays for six couples.
    assert together[0, 2].p == 1 and not together[0, 2].apart and together[0, 2].difference.mean == 0
    assert alone.p is not None and together[0, 1].p == pytest.approx(min(1, 6 * alone.p))


def test_too_few_people_and_nothing_in_common_have_no_p():
    clips = values(3, 2)
    clips[2, 0], clips[0, 1] = np.nan, np.nan
    found = couples(clips, np.ones_like(clips), ["a", "b"], ["a", "b"])
    assert list(found) == [(0, 1), (1, 2)]
    assert [(couple.p, couple.apart, couple.difference.word) for couple in found.values()] == [
        (None, False, "1 person")
    ] * 2


@pytest.mark.parametrize(("p", "apart"), [(0.05, True), (0.0501, False), (0.0, True), (None, False)])
def test_two_methods_are_apart_at_five_per_cent(p, apart):
    assert Couple(Estimate(1.0, 0.1, 5.0, 6), 6, p).apart is apart
