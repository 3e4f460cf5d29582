"""Intervals for a mean over pairs whose people repeat: bootstrap that redraws identities, not pairs.

Pairs that share a person are not independent, so redrawing pairs makes intervals too narrow. Redrawn are the source
identities and, independently, the driving identities; a pair counts as often as the product of both draws says
(Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007). Where source and driving are always one person
(self-reenactment) there is one draw.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values

RESAMPLES, LEVEL, SEED = 2000, 0.95, 0
SIGNATURE = f"bootstrap{RESAMPLES}-by-identity-{LEVEL:.0%}-seed{SEED}"


def interval(
    values: Values, weights: Values, sources: Sequence[str], drivings: Sequence[str]
) -> tuple[float, float] | None:
    """Percentile interval of the weighted mean of `values` (P,), clustered by the identities of each pair.

    Returns None when there are fewer than two identities to redraw on a side.
    """
    counts = redraws(sources, drivings)
    if counts is None:
        return None
    totals = (counts * weights).sum(axis=1)
    drawn = totals > 0
    means = (counts * (weights * values)).sum(axis=1)[drawn] / totals[drawn]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def redraws(sources: Sequence[str], drivings: Sequence[str], resamples: int = RESAMPLES) -> Values | None:
    """(`resamples`, P): how often each pair counts in each draw of identities; None with fewer than two on a side."""
    factors = [_codes(sources)] if list(sources) == list(drivings) else [_codes(sources), _codes(drivings)]
    if any(codes.max(initial=0) < 1 for codes in factors):
        return None
    generator = np.random.default_rng(SEED)
    counts = np.ones((resamples, len(sources)))
    for codes in factors:
        counts *= _draws(generator, resamples, int(codes.max()) + 1)[:, codes]
    return counts


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.int64)


def _draws(generator: np.random.Generator, resamples: int, clusters: int) -> NDArray[np.int64]:
    """(resamples, clusters): how often each cluster was drawn, with replacement."""
    drawn = generator.integers(0, clusters, size=(resamples, clusters))
    return np.stack([np.bincount(row, minlength=clusters) for row in drawn])
