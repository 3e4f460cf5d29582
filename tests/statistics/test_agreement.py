import pytest

from evalkit.statistics.agreement import disagreement, pool


def test_the_published_example():
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: nominal, 4 observers, missing data.
    rows = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    items = [[row[unit] for row in rows if row[unit] is not None] for unit in range(12)]
    assert disagreement(items).alpha == pytest.approx(0.743, abs=5e-4)


def test_two_raters_by_hand():
    # Items aa, ab, bb, bb: observed 2 of 8; totals a 3, b 5: expected 2 * 15 / 7.
    found = disagreement(["aa", "ab", "bb", "bb"])
    assert found.values == 8 and found.observed == 2
    assert found.agreement == 0.75 and found.alpha == pytest.approx(1 - 2 / (30 / 7))


def test_full_agreement_is_one_and_one_sided_votes_have_no_alpha():
    assert disagreement(["aaa", "bbb"]).alpha == 1
    assert disagreement(["aaa", "aa"]).alpha is None and disagreement(["aaa", "aa"]).agreement == 1


def test_single_votes_say_nothing():
    assert disagreement(["a", "b", ""]) == disagreement([])
    assert disagreement([]).agreement is None and disagreement([]).alpha is None


def test_pooling_keeps_chance_within_each_comparison():
    parts = [disagreement(["aa", "aa", "ab"]), disagreement(["cc", "cc", "cd"])]
    assert pool(parts).alpha == pytest.approx(parts[0].alpha)
    assert pool(parts).alpha < disagreement(["aa", "aa", "ab", "cc", "cc", "cd"]).alpha
