"""SSIM: structural similarity, as Wang et al. 2004 define it, and as skimage computes it by default.

Both run per colour channel on the 0..255 scale with K1 = 0.01, K2 = 0.03 and average over the positions where the whole
window lies inside the frame. The window, and the covariance normalisation, differ.
Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004; skimage.metrics.structural_similarity for the second variant.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from evalkit.metrics.base import SELF_ONLY, Metric, check_frames
from evalkit.types import Values

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def gaussian_window(size: int = 11, sigma: float = 1.5) -> Values:
    """(size,) weights that sum to 1; the 2-D window is their outer product."""
    weights = np.exp(-0.5 * np.square((np.arange(size) - size // 2) / sigma))
    return np.asarray(weights / weights.sum())


def ssim(generated: NDArray[Any], reference: NDArray[Any], window: Values, sample_covariance: bool = False) -> Values:
    """(T,) in [-1, 1], higher is better, 1 for identical frames.

    Args:
        generated, reference: (T, H, W, 3) uint8 RGB, H and W at least the window's size.
        window: (n,) separable weights, n odd, sum 1.
        sample_covariance: divide by n^2 - 1 instead of n^2, as skimage does for its uniform window.
    """
    check_frames(generated, reference)
    if min(generated.shape[1:3]) < len(window):
        raise ValueError(f"SSIM needs frames of at least {len(window)}x{len(window)}, got {generated.shape[1:3]}")
    norm = len(window) ** 2 / (len(window) ** 2 - 1) if sample_covariance else 1.0
    return np.array([_frame(g, r, window, norm) for g, r in zip(generated, reference, strict=True)])


def _frame(generated: NDArray[Any], reference: NDArray[Any], window: Values, norm: float) -> float:
    x, y = np.moveaxis(generated, -1, 0).astype(np.float64), np.moveaxis(reference, -1, 0).astype(np.float64)
    mean: Callable[[Values], Values] = partial(_windowed, window=window)
    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = norm * (mean(x * x) - mean_x**2), norm * (mean(y * y) - mean_y**2)
    covariance = norm * (mean(x * y) - mean_x * mean_y)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return float((luminance * (2 * covariance + _C2) / (var_x + var_y + _C2)).mean())


def _windowed(image: Values, window: Values) -> Values:
    """Weighted mean around each position of (3, H, W) whose window lies inside."""
    edge = len(window) // 2
    smooth = correlate1d(correlate1d(image, window, axis=1), window, axis=2)
    return np.asarray(smooth[:, edge:-edge, edge:-edge])


METRICS = tuple(
    Metric(
        id="ssim",
        variant=variant,
        title="SSIM",
        better="higher",
        reference="driving",
        tasks=SELF_ONLY,
        input=None,
        function=function,
        settings=settings,
        paper="Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE TIP 2004",
        description=description,
        low=-1.0,
        high=1.0,
    )
    for variant, function, settings, description in (
        (
            None,
            partial(ssim, window=gaussian_window()),
            "gauss11-1.5|colour|R=255",
            "Structural similarity with Wang's Gaussian window, on colour, with the range matched to the data.",
        ),
        (
            "skimage",
            partial(ssim, window=np.full(7, 1 / 7), sample_covariance=True),
            "uniform7|colour|R=255|sample-covariance",
            "Structural similarity as scikit-image computes it by default: uniform 7x7 window, matched range.",
        ),
    )
)
