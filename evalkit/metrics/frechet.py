"""Fréchet distance of two sets of feature rows, each seen as a Gaussian: the mathematics that FID and FVD share.

    d^2 = |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2))

With C = F^T F / (n - ddof) the last trace is the sum of the singular values of F1 F2^T / sqrt((n1 - ddof)(n2 - ddof)).
So no square root of a covariance matrix is ever formed. F is the centred rows themselves while they are few, and a
triangular factor with one row per dimension when they are many; both merge.

Source: Dowson & Landau, J. Multivariate Analysis 1982; Heusel et al., NeurIPS 2017. Same number as
`pytorch_fid.fid_score.calculate_frechet_distance` where its `sqrtm` is sound; with fewer rows than dimensions that
depends on the SciPy release, and is wrong or negative in some.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import Statistics
from evalkit.types import Values

FEW_PER_DIMENSION = 1
"""Below this many rows per dimension a covariance is singular, and the distance mostly measures the number of rows."""
_BLOCK_ROWS = 4096
_NOISE = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Moments:
    """Count, mean and spread of feature rows, in float64; `merge` adds two of them.

    Attributes:
        count: number of rows.
        mean: (D,).
        factor: (K, D), K <= 2 D; factor^T factor is the sum of the outer products of the centred rows.
    """

    count: int
    mean: Values
    factor: Values

    @property
    def scatter_trace(self) -> float:
        """Sum over dimensions of the squared deviations from the mean."""
        return float(np.square(self.factor).sum())

    def covariance(self, ddof: int = 1) -> Values:
        """(D, D) covariance, divided by count - ddof."""
        return np.asarray(self.factor.T @ self.factor / (self.count - ddof))


def moments(rows: NDArray[Any]) -> Moments:
    """Moments of (N, D) finite rows, N >= 1. Raises `ValueError` for another shape or values that are not finite."""
    gathered = moments_of([rows])
    if gathered is None:
        raise ValueError(f"expected feature rows (N, D) with N >= 1, got {rows.shape}")
    return gathered


def moments_of(parts: Iterable[NDArray[Any]]) -> Moments | None:
    """Moments of finite rows that come in parts (n, D); None for no rows.

    Rows are taken 4096 at a time whatever the parts, so the parts change no bit, and no more than a block is held.
    Raises `ValueError` for another shape or values that are not finite.
    """
    merged = None
    for block in _blocks(parts):
        if not np.isfinite(block).all():
            wrong = int((~np.isfinite(block)).any(axis=1).sum())
            raise ValueError(f"{wrong} of {len(block)} feature rows are not finite")
        found = _block(block.astype(np.float64))
        merged = found if merged is None else merge(merged, found)
    return merged


def statistics(ddof: int) -> Statistics:
    """The Fréchet distance in two steps; NaN for an empty set."""
    return Statistics(moments_of, partial(_compare, ddof=ddof))


def merge(one: Moments, other: Moments) -> Moments:
    """Moments of the rows of both (Chan, Golub & LeVeque 1983, on square roots); any order gives the same to rounding.

    Raises `ValueError` when the dimensions differ.
    """
    if one.mean.shape != other.mean.shape:
        raise ValueError(f"expected moments of one dimension, got {one.mean.shape} and {other.mean.shape}")
    count = one.count + other.count
    step = other.mean - one.mean
    between = np.sqrt(one.count * other.count / count) * step
    mean = one.mean + step * (other.count / count)
    return Moments(count, mean, _compressed(np.concatenate([one.factor, other.factor, between[None]]), slack=2))


def frechet_of_moments(one: Moments, other: Moments, ddof: int = 1) -> float:
    """Squared Fréchet distance, >= 0 and exactly 0 for equal sets; NaN if either covariance has no value.

    Args:
        one, other: the two sets; which is which does not matter.
        ddof: covariances are divided by count - ddof: 1 in pytorch-fid, 0 in StyleGAN-V.
    """
    if one.mean.shape != other.mean.shape:
        raise ValueError(f"expected rows of one dimension, got {one.mean.shape} and {other.mean.shape}")
    if min(one.count, other.count) <= ddof:
        return float("nan")
    norms = one.count - ddof, other.count - ddof
    spread = one.scatter_trace / norms[0] + other.scatter_trace / norms[1]
    product = _compressed(one.factor) @ _compressed(other.factor).T
    shared = float(np.linalg.svd(product, compute_uv=False).sum()) / np.sqrt(norms[0] * norms[1])
    distance = float(np.square(one.mean - other.mean).sum()) + spread - 2 * shared
    return distance if distance > _NOISE * max(product.shape) * spread else 0.0


def frechet_distance(generated: NDArray[Any], reference: NDArray[Any], ddof: int = 1) -> float:
    """Squared Fréchet distance of rows (N, D) and (M, D); see `frechet_of_moments`. NaN for an empty set."""
    return float(_compare(moments_of([generated]), moments_of([reference]), ddof)[0])


def sample_notes(generated: int, reference: int, dimensions: int) -> tuple[str, ...]:
    """What must stand beside a Fréchet distance: the numbers of rows, and a warning when there are too few.

    Args:
        generated, reference: rows on each side.
        dimensions: D; 2048 for FID, 400 for FVD.
    """
    counts = f"N={generated} generated, {reference} reference"
    fewest = min(generated, reference)
    if fewest > FEW_PER_DIMENSION * dimensions:
        return (counts,)
    return (
        counts,
        f"few samples: {fewest} rows give a {dimensions}-d covariance of rank {max(fewest - 1, 0)} at most; "
        "the distance is biased upwards, compare only equal N",
    )


def _compare(one: Moments | None, other: Moments | None, ddof: int) -> Values:
    """(1,) distance of gathered rows."""
    return np.array([np.nan if one is None or other is None else frechet_of_moments(one, other, ddof)])


def _blocks(parts: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """The rows of all parts, `_BLOCK_ROWS` at a time."""
    waiting: list[NDArray[Any]] = []
    count = 0
    for part in parts:
        if part.ndim != 2:
            raise ValueError(f"expected feature rows (N, D) with N >= 1, got {part.shape}")
        while count + len(part) >= _BLOCK_ROWS:
            cut = _BLOCK_ROWS - count
            yield np.concatenate([*waiting, part[:cut]])
            waiting, count, part = [], 0, part[cut:]
        if len(part):
            waiting.append(part)
            count += len(part)
    if waiting:
        yield np.concatenate(waiting)


def _block(rows: Values) -> Moments:
    mean = rows.mean(axis=0)
    return Moments(len(rows), mean, _compressed(rows - mean, slack=2))


def _compressed(factor: Values, slack: int = 1) -> Values:
    """The factor itself if it has at most slack * D rows, else an equivalent one with D rows.

    Cholesky is many times faster than QR, which is left for covariances that are singular to machine precision.
    """
    if len(factor) <= slack * factor.shape[1]:
        return factor
    try:
        return np.asarray(np.linalg.cholesky(factor.T @ factor).T)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.qr(factor, mode="r"))
