"""KID: squared maximum mean discrepancy of Inception features under the kernel (x . y / D + 1)^3.

The estimator is unbiased: its expectation does not depend on the number of frames, so it is the one to read when FID
has too few. It can be slightly negative, and equal sets give a negative value, not 0 (the same frame met twice counts
in the cross term and nowhere else).

Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018; torch-fidelity `metric_kid.py` for the mean over subsets.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerSet
from evalkit.types import Values

SUBSETS, SUBSET_SIZE, SEED = 100, 1000, 2020
"""Defaults of torch-fidelity."""
_BLOCK_ROWS = 2048


def kid(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(1,) unbiased estimate over all rows (N, D) and (M, D), lower is better; NaN with fewer than two on a side.

    Raises `ValueError` when the dimensions differ or values are not finite.
    """
    _check(generated, reference)
    if min(len(generated), len(reference)) < 2:
        return np.array([np.nan])
    return np.array([_unbiased(generated.astype(np.float64), reference.astype(np.float64))])


def kid_subsets(
    generated: NDArray[Any],
    reference: NDArray[Any],
    subsets: int = SUBSETS,
    size: int = SUBSET_SIZE,
    seed: int = SEED,
) -> Values:
    """(1,) mean over `subsets` draws of `size` rows without replacement from each side, as torch-fidelity reports.

    NaN when a side has fewer than `size` rows. Raises `ValueError` as `kid` does.
    """
    _check(generated, reference)
    if min(len(generated), len(reference)) < size:
        return np.array([np.nan])
    ours, theirs = generated.astype(np.float64), reference.astype(np.float64)
    random = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        one = random.choice(len(ours), size, replace=False)
        other = random.choice(len(theirs), size, replace=False)
        values.append(_unbiased(ours[one], theirs[other]))
    return np.array([np.mean(values)])


def _unbiased(one: Values, other: Values) -> float:
    n, m = len(one), len(other)
    within = _kernel_sum(one, one) - _diagonal_sum(one), _kernel_sum(other, other) - _diagonal_sum(other)
    return within[0] / (n * (n - 1)) + within[1] / (m * (m - 1)) - 2 * _kernel_sum(one, other) / (n * m)


def _kernel_sum(one: Values, other: Values) -> float:
    blocks = (one[start : start + _BLOCK_ROWS] for start in range(0, len(one), _BLOCK_ROWS))
    return sum(float((((block @ other.T) / one.shape[1] + 1) ** 3).sum()) for block in blocks)


def _diagonal_sum(rows: Values) -> float:
    return float(((np.square(rows).sum(axis=1) / rows.shape[1] + 1) ** 3).sum())


def _check(generated: NDArray[Any], reference: NDArray[Any]) -> None:
    if generated.ndim != 2 or reference.ndim != 2 or generated.shape[1] != reference.shape[1]:
        raise ValueError(f"expected features (N, D) and (M, D), got {generated.shape} and {reference.shape}")
    if not (np.isfinite(generated).all() and np.isfinite(reference).all()):
        raise ValueError("expected finite features")


METRICS = tuple(
    Metric(
        id="kid",
        variant=variant,
        title=title,
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(extractor, "pool"),
        function=function,
        settings=settings,
        paper="Bińkowski et al., Demystifying MMD GANs, ICLR 2018" + paper,
        description=description,
        level=PerSet(),
        low=float("-inf"),
        decimals=4,
    )
    for variant, extractor, title, paper, function, settings, description in (
        (
            None,
            "inception",
            "KID",
            "",
            kid,
            "poly3|unbiased|all frames",
            "Unbiased kernel distance of Inception features over all frames; does not grow when frames are few.",
        ),
        (
            "subsets",
            "inception",
            "KID",
            "",
            kid_subsets,
            f"poly3|unbiased|{SUBSETS}x{SUBSET_SIZE} seed {SEED}",
            "Mean kernel distance of Inception features over 100 random subsets of 1000 frames, as in torch-fidelity.",
        ),
        (
            "efficientnet-lite0",
            "efficientnet_lite0",
            "KID (not Inception)",
            " (definition); features of EfficientNet-Lite0, Tan and Le, ICML 2019",
            kid,
            "poly3|unbiased|all frames",
            "Unbiased kernel distance of EfficientNet-Lite0 features, not Inception's: never compare it with a KID of "
            "a paper.",
        ),
    )
)
