"""Both roles: people are counted whichever role they have; components and quantiles beside their definition.

The sums themselves are held to full matrices in `test_estimate.py`.
"""

import numpy as np
import pytest

from evalkit.statistics.ratio import LEVELS, fitted, ratios
from evalkit.statistics.two_roles import TwoRoles, two_roles


def test_people_who_only_drive_or_only_are_sources_count():
    for sources, drivings in (([0, 1, 4, 0], [1, 2, 0, 3]), ([1, 2, 0, 3], [0, 1, 4, 0])):
        assert two_roles(np.array(sources), np.array(drivings), np.full(4, 0.25)).people == 5


class Defined:
    """The same by matrices of pairs by pairs, as the docstring of the module defines it."""

    def __init__(self, sources, drivings, shares):
        same_source, same_driver = sources[:, None] == sources, drivings[:, None] == drivings
        crossed = sources[:, None] == drivings
        self.models = np.stack([same_source, same_driver, 1 * crossed + crossed.T, same_source & same_driver]) * 1.0
        self.shares, self.people = shares, int(max(sources.max(), drivings.max())) + 1
        everybody = np.arange(self.people)[:, None]
        has = (sources == everybody) | (drivings == everybody)
        self.less = np.eye(len(shares)) - shares[None, :].repeat(len(shares), axis=0)  # takes the mean away
        self.terms = has * shares / np.sqrt(1 - has @ shares)[:, None]

    def of(self, matrix):
        return np.stack([matrix @ model @ matrix.T for model in self.models])


@pytest.fixture(scope="module")
def both() -> tuple[TwoRoles, Defined]:
    """25 pairs of 6 people, some of one person with itself, some couples more than once, of any weight."""
    generator = np.random.default_rng(3)
    sources, drivings = generator.integers(0, 6, 25), generator.integers(0, 6, 25)
    sources[:4], drivings[:4] = (0, 0, 2, 5), (1, 1, 2, 4)
    shares = generator.uniform(0.5, 2, 25)
    shares /= shares.sum()
    return two_roles(sources, drivings, shares), Defined(sources, drivings, shares)


def test_components_are_those_of_some_people(both):
    """A covariance of two roles is at most the root of both variances. Known components are found again."""
    found, defined = both
    generator = np.random.default_rng(5)
    values = generator.normal(size=(40, 25)) @ defined.less.T
    components = found.components(values)
    source, driver, crossed, couple = components.T
    assert (components[:, [0, 1, 3]] >= 0).all() and (crossed**2 <= source * driver + 1e-12).all()
    assert (couple > 0).any() and (source > 0).any() and (crossed < 0).any() and (crossed > 0).any()
    many = generator.normal(size=(2000, 6, 1)) * [[1.0, 0.0]] + generator.normal(size=(2000, 6, 1)) * [[0.0, 0.6]]
    clips = many[:, found.sources, 0] + many[:, found.drivings, 1] + 0.3 * generator.normal(size=(2000, 25))
    sums = np.einsum("np,lpq,nq->nl", clips @ defined.less.T, defined.models, clips @ defined.less.T).mean(axis=0)
    # Each clip has a number of its own here, which is no component: couples of several pairs share little of it.
    assert np.linalg.solve(found.squares, sums)[:2] == pytest.approx([1.0, 0.36], abs=0.12)


def test_quantiles_are_not_below_the_floor_and_go_a_fifth_of_the_way_to_the_worst_case(both):
    found, defined = both
    terms = defined.terms @ defined.less
    forms, means = defined.of(terms), np.stack([terms @ model @ defined.shares for model in defined.models])
    variances = defined.of(defined.shares[None])[:, 0, 0]

    def quantiles(components):
        v = np.array(components)
        of = ratios(np.tensordot(v, forms, 1)[None], (v @ means)[None], np.array([v @ variances]))
        return np.sqrt([of.critical(level)[0] for level in LEVELS])

    floor, worst = quantiles((1, 1, 0.25, 1)), quantiles((1, 1, 1, 0))
    assert (worst > floor).all()
    for components in ((0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)):  # the latter is nobody's and nothing's
        expected = fitted((floor + 0.2 * (worst - floor))[None])
        for got, want in zip(found.calibration(np.array([components])), expected, strict=True):
            assert got == pytest.approx(want, rel=1e-5)
    beyond = quantiles((1.0, 0.1, 0.3, 0.0))
    got = found.calibration(np.array([[1.0, 0.1, 0.3, 0.0]]))
    want = fitted((np.maximum(beyond, floor) + 0.2 * np.maximum(worst - np.maximum(beyond, floor), 0))[None])
    assert got[0] == pytest.approx(want[0], rel=1e-5) and got[1] == pytest.approx(want[1], rel=1e-5)


def test_the_expected_error_of_known_components(both):
    found, _ = both
    known = (1.0, 0.5, 0.2, 2.0)
    factor, df = found.calibration(np.array([known]))
    traces = [np.trace(form) for form in found.forms]
    assert found.expected(known) == (pytest.approx(factor[0] ** 2 * np.dot(traces, known)), df[0])


def test_many_sets_of_values_at_once_are_those_one_by_one(both):
    found, _ = both
    values = np.random.default_rng(6).normal(size=(5, 25))
    together = found.spread(values)
    for row in range(5):
        alone = found.spread(values[row : row + 1])
        assert together[0][row] == pytest.approx(alone[0][0]) and together[1][row] == pytest.approx(alone[1][0])
