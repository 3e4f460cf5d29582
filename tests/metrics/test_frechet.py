"""Fréchet distance: closed forms, parity with pytorch-fid, and what sums of parts must keep."""

from functools import reduce
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg

from evalkit.metrics.frechet import (
    _blocks,
    frechet_distance,
    frechet_of_moments,
    merge,
    moments,
    moments_of,
    sample_notes,
    statistics,
)


def rows(count, dimensions, seed=0, scale=1.0):
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(dimensions, dimensions)) / np.sqrt(dimensions)
    return np.maximum(generator.normal(0, scale, (count, dimensions)) @ mixing, 0)


def axes(lengths):
    """Rows whose mean is 0 and whose covariance is exactly diagonal: plus and minus each length on its own axis."""
    return np.concatenate([np.diag(lengths), -np.diag(lengths)])


def by_eigenvalues(one, other):
    """The textbook formula through the eigenvalues of C1 C2, in another way than the code."""
    c1, c2 = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = np.sqrt(np.clip(np.linalg.eigvals(c1 @ c2).real, 0, None)).sum()
    return np.square(one.mean(0) - other.mean(0)).sum() + np.trace(c1) + np.trace(c2) - 2 * root


@pytest.mark.parametrize("count", [5, 12, 200])
def test_equal_covariances_leave_the_squared_distance_of_the_means(count):
    shift = np.arange(12) / 4
    assert frechet_distance(rows(count, 12) + shift, rows(count, 12)) == pytest.approx(np.square(shift).sum(), rel=1e-9)


@pytest.mark.parametrize("ddof", [0, 1])
def test_diagonal_covariances(ddof):
    # Variances 2 a^2 / (n - ddof) with n = 2 D, so the distance is the sum of 2 (a - b)^2 / (n - ddof).
    one, other = np.array([1.0, 2.0, 3.0, 0.5]), np.array([2.0, 2.0, 1.0, 4.0])
    expected = 2 * np.square(one - other).sum() / (8 - ddof)
    assert frechet_distance(axes(one), axes(other), ddof) == pytest.approx(expected, rel=1e-12)


def test_one_dimension():
    one, other = np.array([[0.0], [2.0]]), np.array([[5.0], [5.0], [8.0]])
    expected = (1 - 6) ** 2 + (np.std(one, ddof=1) - np.std(other, ddof=1)) ** 2
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), [(600, 500), (300, 60)])
def test_parity_with_pytorch_fid(ours, theirs, monkeypatch):
    from pytorch_fid import fid_score

    # pytorch-fid 0.3 asks for `sqrtm(..., disp=False)`, the root and an estimate of its error; new versions of SciPy
    # give the root alone.
    monkeypatch.setattr(fid_score, "linalg", SimpleNamespace(sqrtm=lambda matrix, disp: (linalg.sqrtm(matrix), 0.0)))
    one, other = rows(ours, 48, 1), rows(theirs, 48, 2, 1.3)
    sides = [f(x) for x in (one, other) for f in (lambda a: a.mean(0), lambda a: np.cov(a, rowvar=False))]
    expected = fid_score.calculate_frechet_distance(*sides)
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("counts", [(40, 30), (200, 30), (30, 200), (500, 400)])
def test_any_number_of_rows_against_the_eigenvalue_formula(counts):
    one, other = rows(counts[0], 96, 1), rows(counts[1], 96, 2)
    assert frechet_distance(one, other) == pytest.approx(by_eigenvalues(one, other), rel=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (20, 64), (64, 64), (300, 64), (9000, 16)])
def test_equal_sets_have_distance_zero_in_any_order(shape):
    one = rows(*shape, seed=3)
    shuffled = np.random.default_rng(0).permutation(one)
    assert frechet_distance(one, one) == 0 and frechet_distance(one, shuffled) == 0
    assert frechet_distance(one, one, ddof=0) == 0


def test_never_negative_and_symmetric():
    one = rows(50, 80, 4)
    for exponent in range(-16, 1):
        other = one + 10.0**exponent * rows(50, 80, 5)
        distance = frechet_distance(one, other)
        assert distance >= 0 and distance == pytest.approx(frechet_distance(other, one), rel=1e-6, abs=1e-12)


def test_grows_with_noise():
    generator = np.random.default_rng(6)
    one = rows(300, 32, 6)
    distances = [frechet_distance(one + generator.normal(0, s, one.shape), one) for s in (0.0, 0.1, 0.3, 1.0)]
    assert distances == sorted(distances) and distances[1] > 0


@pytest.mark.parametrize(("dead", "parts"), [(0, 7), (5, 7), (0, 150), (5, 150)])
def test_parts_merge_in_any_order(dead, parts):
    one, other = rows(1200, 24, 7), rows(100, 24, 8)
    one[:, :dead] = 0.25  # columns that never change make the covariance singular
    pieces = [moments(piece) for piece in np.array_split(one, parts)]
    whole = moments(one)
    for order in (pieces, pieces[::-1], list(np.random.default_rng(1).permutation(np.array(pieces, dtype=object)))):
        merged = reduce(merge, order)
        assert merged.count == 1200 and len(merged.factor) <= 2 * 24
        np.testing.assert_allclose(merged.mean, one.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(merged.covariance(), np.cov(one, rowvar=False), rtol=1e-9, atol=1e-12)
        distance = frechet_of_moments(merged, moments(other))
        assert distance == pytest.approx(frechet_of_moments(whole, moments(other)), rel=1e-9)


@pytest.mark.parametrize("ddof", [0, 1])
def test_how_rows_come_in_changes_no_bit(ddof):
    one, other = rows(9000, 6, 1), rows(700, 6, 2)
    expected = frechet_distance(one, other, ddof)
    for parts in (1, 3, 40):
        gathered = [statistics(ddof).gather(np.array_split(side, parts)) for side in (one, other)]
        assert statistics(ddof).compare(*gathered).tolist() == [expected]


def test_no_more_than_a_block_of_rows_is_held():
    gathered = moments_of(rows(100, 8, seed) for seed in range(200))
    assert gathered is not None and gathered.count == 20_000 and gathered.factor.size <= 2 * 8 * 8
    for parts in ([9000], [4096, 4096, 808], [1, 8998, 1], [100] * 90):
        blocks = list(_blocks([rows(count, 2, 1) for count in parts]))
        assert [len(block) for block in blocks] == [4096, 4096, 808]


def test_no_rows_have_no_moments_and_no_distance():
    assert moments_of([]) is None and moments_of([np.empty((0, 4))]) is None
    assert np.isnan(statistics(0).compare(None, moments(rows(9, 4)))).all()


def test_a_large_mean_costs_no_accuracy():
    one, other = rows(80, 8, 1), rows(90, 8, 2)
    far = frechet_distance(one + 1e6, other + 1e6)
    assert far == pytest.approx(frechet_distance(one, other), rel=1e-7)


def test_without_a_covariance_there_is_no_value():
    assert np.isnan(frechet_distance(rows(1, 4), rows(9, 4)))
    assert np.isnan(frechet_distance(np.empty((0, 4)), rows(9, 4)))
    assert frechet_distance(rows(1, 4), rows(1, 4) + 1, ddof=0) == pytest.approx(4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros(4), "expected feature rows"),
        (np.zeros((0, 4)), "expected feature rows"),
        (np.array([[0.0, np.nan], [1, 1]]), "1 of 2 feature rows are not finite"),
    ],
)
def test_other_inputs_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        moments(wrong)


def test_other_dimensions_are_refused():
    with pytest.raises(ValueError, match="of one dimension"):
        merge(moments(rows(5, 3)), moments(rows(5, 4)))
    with pytest.raises(ValueError, match="of one dimension"):
        frechet_distance(rows(5, 3), rows(5, 4))


def test_notes_state_counts_and_warn_of_few_samples():
    assert sample_notes(5000, 2049, 2048) == ("N=5000 generated, 2049 reference",)
    counts, warning = sample_notes(5000, 40, 400)
    assert counts == "N=5000 generated, 40 reference"
    assert "40 rows give a 400-d covariance of rank 39" in warning
