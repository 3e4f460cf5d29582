"""The mean over pairs whose people repeat: against direct implementations, closed forms, and what may not move it."""

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from evalkit.statistics.estimate import Estimate, design, estimate, planned
from evalkit.statistics.groups import numbered

GRID = [(a, b) for a in "abcd" for b in "abcd" if a != b]
RING = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "a")]
MIXED = [("a", "b"), ("a", "b"), ("b", "a"), ("c", "c"), ("c", "a"), ("d", "b"), ("e", "d"), ("a", "e"), ("d", "e")]


def people(pairs):
    return [a for a, _ in pairs], [b for _, b in pairs]


def of(values, pairs, weights=None):
    values = np.asarray(values, dtype=float)
    return estimate(values, np.ones(len(values)) if weights is None else np.asarray(weights), *people(pairs))


def clips(counts):
    return [(f"p{i:02d}", f"p{i:02d}") for i, count in enumerate(counts) for _ in range(count)]


def test_equal_clips_per_person_are_students_t_on_the_means_of_people():
    values = np.random.default_rng(1).normal(3, 1, 18)
    found = of(values, clips([3] * 6))
    theirs = ttest_1samp(values.reshape(6, 3).mean(axis=1), 2.5)
    assert found.df == pytest.approx(5) and found.error == pytest.approx((values.mean() - 2.5) / theirs.statistic)
    assert found.interval() == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert 2 * found.p_above(2.5) == pytest.approx(theirs.pvalue)


def cr2(values, groups):
    """CR2 and its degrees of freedom by matrices: residuals of each cluster times the root of (I - H_gg)^-1."""
    count = len(values)
    hat = np.full((count, count), 1 / count)
    apart = np.eye(count) - hat
    directions = []
    for group in dict.fromkeys(groups):
        inside = np.array([g == group for g in groups])
        sizes, axes = np.linalg.eigh(apart[np.ix_(inside, inside)])
        root = axes @ np.diag(sizes**-0.5) @ axes.T
        directions.append(apart[:, inside] @ root @ np.ones(inside.sum()) / count)
    directions = np.array(directions)
    among = directions @ directions.T
    return np.sqrt(((directions @ values) ** 2).sum()), np.trace(among) ** 2 / np.trace(among @ among)


@pytest.mark.parametrize("counts", [[1, 4, 2], [1, 1, 12], [5, 1, 1, 1, 1, 1], [2, 3]])
def test_unequal_clips_are_cr2_with_bell_and_mccaffreys_degrees_of_freedom(counts):
    pairs = clips([*counts, 2])
    values = np.random.default_rng(2).normal(size=len(pairs))
    found, plan = of(values, pairs), design(np.full(len(pairs), 1 / len(pairs)), *people(pairs))
    error, df = cr2(values, people(pairs)[0])
    assert found.error / plan.factor == pytest.approx(error)
    for level in (0.05, 0.005):
        of_t = student.isf(level / 2, df) * error
        assert student.isf(level / 2, found.df) * found.error >= of_t * 0.999
    assert plan.factor > 1 or found.df == pytest.approx(df)


@pytest.mark.parametrize(
    ("counts", "wider"),
    [([2] * 6, 1.0), ([12, 1, 1], 1.05), ([10, 2, 2, 2], 1.0), ([1, 1, 30], 1.49), ([29, 29, *[1] * 58], 1.12)],
)
def test_few_people_with_most_of_the_clips_widen_the_interval(counts, wider):
    # `wider` was computed apart, by a million draws where clips vary as people do, and not at all: the 95 % quantile of
    # |mean| / error beside that of t with Bell and McCaffrey's degrees of freedom.
    pairs = clips(counts)
    _, df = cr2(np.arange(len(pairs)) + 0.0, people(pairs)[0])
    plan = design(np.full(len(pairs), 1 / len(pairs)), *people(pairs))
    assert plan.factor * student.isf(0.025, plan.df) == pytest.approx(wider * student.isf(0.025, df), rel=0.02)


def test_weights_keep_the_variance_of_independent_clips_unbiased():
    # One clip per person and weights w: E V = sum w^2 must hold for values of variance 1. V is a quadratic form, so its
    # expectation is the mean of V over the unit vectors, times their number.
    weights = np.array([1.0, 2, 3, 6])
    shares = weights / weights.sum()
    found = design(shares, list("abcd"), list("abcd")).spread(np.eye(4))[0].sum()
    assert found == pytest.approx((shares**2).sum())


def matrices(pairs):
    """(4, P, P): same source, same driver, source of one drives the other (both ways), same couple."""
    source, driver = (np.array(side) for side in people(pairs))
    same, drives = source[:, None] == source, driver[:, None] == driver
    across = (source[:, None] == driver).astype(float)
    return np.stack([same, drives, across + across.T, same & drives]).astype(float)


@pytest.mark.parametrize("pairs", [GRID, RING, MIXED])
def test_the_sums_of_two_roles_are_those_of_full_matrices(pairs):
    count, models = len(pairs), matrices(pairs)
    shares = np.random.default_rng(3).uniform(1, 3, count)
    shares /= shares.sum()
    found = design(shares, *people(pairs))
    names, (source, driver) = numbered(*people(pairs))
    inside = np.array([(source == k) | (driver == k) for k in range(len(names))])
    weight = inside @ shares
    terms = (inside * shares - np.outer(weight, shares)) / np.sqrt(1 - weight)[:, None]
    residual = np.eye(count) - np.outer(np.ones(count), shares)
    assert found.variances == pytest.approx([shares @ m @ shares for m in models])
    assert found.forms == pytest.approx(np.stack([terms @ m @ terms.T for m in models]))
    assert found.covariances == pytest.approx(np.stack([terms @ m @ shares for m in models]))
    expected = [[np.trace(residual.T @ one @ residual @ other) for other in models] for one in models]
    assert found.squares == pytest.approx(np.array(expected))
    values = np.random.default_rng(4).normal(size=(2, count))
    assert found.seen(values @ residual.T) == pytest.approx([((terms @ row) ** 2).sum() for row in values])


def test_components_are_found_where_they_are_large():
    # A source effect of variance 9 in a grid of 30 people: nearly all of it is found, and none for the driver.
    generator = np.random.default_rng(5)
    source, driver = np.divmod(np.arange(900), 30)
    kept = source != driver
    names = [[f"{i:02d}" for i in side[kept]] for side in (source, driver)]
    values = 3 * generator.standard_normal(30)[source[kept]] + generator.standard_normal(kept.sum())
    found = design(np.full(870, 1 / 870), *names)
    parts = found.components((values - values.mean())[None])[0]
    assert parts[0] / parts.sum() > 0.8 and parts[1] < 0.02 * parts[0]


def test_a_full_grid_has_the_degrees_of_freedom_of_its_people():
    pairs = [(a, b) for a in "abcdef" for b in "abcdef" if a != b]
    assert of(np.random.default_rng(6).normal(size=30), pairs).df == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        (clips([3]), "1 person"),
        (clips([3, 3]), "2 people"),
        ([("a", "b"), ("b", "a")], "2 people"),
        ([("a", "b"), ("a", "c"), ("d", "a")], "every pair has a"),
        ([("a", "b"), ("c", "d"), ("d", "c")], "2 couples of people"),
        ([("a", "b"), ("b", "c"), ("c", "a")], "3 people in 3 pairs"),
    ],
)
def test_too_few_people_get_a_word(pairs, word):
    """Case interval-few-people: where no interval can be trusted a word stands in its place."""
    found = of(np.arange(float(len(pairs))), pairs)
    assert found.word == word and found.error is found.df is None
    assert found.mean == pytest.approx((len(pairs) - 1) / 2)
    answers = [found.interval(), found.log_interval(), found.lower(0.05), found.upper(0.05), found.p_above()]
    assert answers == [None] * 5 and found.p_below() is None
    assert planned(1.0, np.ones(len(pairs)), *people(pairs)).word == word


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "b"), ("c", "d"), ("d", "a")],  # four people in three couples
        [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")],  # three people in four
        clips([1, 1, 1]),
    ],
)
def test_the_fewest_people_of_whom_something_is_said(pairs):
    found = of(np.arange(float(len(pairs))) ** 2, pairs)
    assert found.word == "" and found.error > 0 and found.df > 0


@pytest.mark.parametrize("pairs", [clips([2, 2, 1]), GRID, RING, MIXED])
def test_values_that_are_all_the_same_have_no_width(pairs):
    found = of(np.full(len(pairs), 0.1), pairs)
    assert found.interval() == (0.1, 0.1) and found.error == 0
    assert (found.p_above(0.0), found.p_above(0.1), found.p_below(0.2)) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("pairs", [clips([2, 3, 1, 2]), GRID, RING, MIXED])
def test_what_may_not_move_it(pairs):
    generator = np.random.default_rng(7)
    values, weights = generator.normal(size=len(pairs)), generator.uniform(1, 2, len(pairs))
    first = of(values, pairs, weights)
    order = generator.permutation(len(pairs))
    shuffled = of(values[order], [pairs[i] for i in order], weights[order])
    moved = of(5 - 2 * values, [(f"x{a}", f"x{b}") for a, b in pairs], 7 * weights)
    more = of([*values, 99.0], [*pairs, ("z", "y")], [*weights, 0.0])
    for other, error in ((shuffled, first.error), (moved, 2 * first.error), (more, first.error)):
        assert (other.error, other.df) == pytest.approx((error, first.df), rel=1e-5)
    swapped = of(values, [(b, a) for a, b in pairs], weights)
    assert (swapped.error, swapped.df) == pytest.approx((first.error, first.df), rel=1e-5)


def test_bounds_and_p_values_say_the_same():
    found = of(np.random.default_rng(8).normal(1, 1, 6), RING)
    for alpha in (0.1, 0.05, 0.001):
        assert found.p_above(found.lower(alpha)) == pytest.approx(alpha)
        assert found.p_below(found.upper(alpha)) == pytest.approx(alpha)
    assert found.interval(0.9) == pytest.approx((found.lower(0.05), found.upper(0.05)))
    assert found.p_above() == found.p_above(0.0) == pytest.approx(1 - found.p_below())
    assert found.p_above() == pytest.approx(student.sf(found.mean / found.error, found.df))


def test_the_interval_on_the_log_of_the_mean():
    found = Estimate(2.0, 0.5, 4.0, 5)
    half = student.isf(0.025, 4) * 0.5
    assert found.log_interval() == pytest.approx((2 * np.exp(-half / 2), 2 * np.exp(half / 2)))
    assert found.interval_of(np.array([1.0, 3]), True) == found.log_interval()
    assert found.interval_of(np.array([0.0, 4]), True) == found.interval_of(np.array([1.0, 3]), False)
    assert Estimate(1e-9, 1.0, 1.0, 3).log_interval() == (0.0, float("inf"))
    with pytest.raises(ValueError, match="mean above 0"):
        Estimate(0.0, 1.0, 3.0, 4).log_interval()


def test_a_plan_is_what_comes_on_average():
    # One clip per person: spread / sqrt(K), whatever the shares of person and clip. In a grid the floor may add to it.
    assert planned(2.0, np.ones(6), *people(clips([1] * 6))).error == pytest.approx(2 / np.sqrt(6))
    plan = planned(1.0, np.ones(12), *people(GRID))
    generator = np.random.default_rng(10)
    names, (source, driver) = numbered(*people(GRID))
    effects = np.sqrt(0.2 / 1.4) * generator.standard_normal((2, 800, len(names)))
    values = effects[0][:, source] + effects[1][:, driver] + generator.standard_normal((800, 12)) / np.sqrt(1.4)
    variances, _ = design(np.full(12, 1 / 12), *people(GRID)).spread(values)
    assert np.sqrt(variances.mean()) == pytest.approx(plan.error, rel=0.1)


@pytest.mark.parametrize(
    ("pairs", "roles"),
    [
        (clips([1, 2, 3, 4]), 1),
        (clips([2] * 6), 1),
        (RING, 2),
        (GRID, 2),
        ([*RING, ("a", "c"), ("a", "d"), ("a", "e")], 2),
    ],
)
def test_intervals_hold_the_truth(pairs, roles):
    """Case interval-few-people: with six people an interval of the bootstrap held the truth in 87 % of cases."""
    # 1,500 draws: standard error 0.6 points at 95 %. The whole tables: benchmarks/interval_coverage.py.
    generator = np.random.default_rng(11)
    names, (source, driver) = numbered(*people(pairs))
    effects = generator.standard_normal((2, 1500, len(names)))
    values = generator.standard_normal((1500, len(pairs))) + effects[0][:, source]
    values = values + effects[1][:, driver] if roles == 2 else values
    shares = np.full(len(pairs), 1 / len(pairs))
    variances, df = design(shares, *people(pairs)).spread(values)
    held = float((np.abs(values @ shares) <= student.isf(0.025, df) * np.sqrt(variances)).mean())
    assert 0.93 < held < 0.985


@pytest.mark.parametrize(
    ("values", "weights", "pairs", "word"),
    [
        ([1.0], [1.0, 1.0], RING[:1], "one value, weight, source and driving person per pair"),
        ([1.0, np.nan], [1.0, 1.0], RING[:2], "finite values"),
        ([1.0, 2.0], [1.0, np.nan], RING[:2], "finite values and weights"),
        ([1.0, 2.0], [1.0, np.inf], RING[:2], "finite values and weights"),
        ([1.0, 2.0], [1.0, -1.0], RING[:2], "no weight below 0"),
        ([1.0, 2.0], [0.0, 0.0], RING[:2], "one above"),
        ([], [], [], "one above"),
    ],
)
def test_what_is_no_mean_is_refused(values, weights, pairs, word):
    with pytest.raises(ValueError, match=word):
        of(values, pairs, weights)
