"""SSIM: structural similarity, as Wang et al. 2004 define it, as skimage computes it, and as some scripts got it wrong.

All variants use K1 = 0.01, K2 = 0.03 and average over the positions where the whole window lies inside the frame,
except `ssim[torchmetrics]`, which averages over all pixels of frames mirrored at their border. Window, covariance
normalisation, colour and the range of the data differ; two variants are known slips, to reproduce old tables.

Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004; skimage.metrics.structural_similarity for `ssim[skimage]`;
torchmetrics 1.9 `functional/image/ssim.py` for `ssim[torchmetrics]`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy  # its parts are imported when they are used
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, SELF_ONLY, Metric, check_frames
from evalkit.types import Values

_LUMA = np.array([0.299, 0.587, 0.114])


def gaussian_window(size: int = 11, sigma: float = 1.5) -> Values:
    """(size,) weights that sum to 1; the 2-D window is their outer product."""
    weights = np.exp(-0.5 * np.square((np.arange(size) - size // 2) / sigma))
    return np.asarray(weights / weights.sum())


@dataclass(frozen=True)
class Settings:
    """What moves a value of SSIM.

    Attributes:
        window: (n,) separable weights, n odd, sum 1.
        sample_covariance: divide by n^2 - 1 instead of n^2, as skimage does for its uniform window.
        low, high: what the grey levels 0 and 255 are mapped to before anything is computed.
        data_range: the range R in (K1 R)^2 and (K2 R)^2; matched when it is high - low.
        grey: compare ITU-R BT.601 luma instead of the three channels.
        mirrored: mirror frames at their border, keep every position and take variances below 0 as 0, as torchmetrics.
    """

    window: Values
    sample_covariance: bool = False
    low: float = 0.0
    high: float = 255.0
    data_range: float = 255.0
    grey: bool = False
    mirrored: bool = False


def ssim(generated: NDArray[Any], reference: NDArray[Any], settings: Settings) -> Values:
    """(T,) in [-1, 1], higher is better, 1 for identical frames; (T, H, W, 3) uint8 RGB, no smaller than the window."""
    check_frames(generated, reference)
    size = len(settings.window)
    if min(generated.shape[1:3]) < size:
        raise ValueError(f"SSIM needs frames of at least {size}x{size}, got {generated.shape[1:3]}")
    pairs = zip(generated, reference, strict=True)
    return np.array([_frame(_planes(g, settings), _planes(r, settings), settings) for g, r in pairs])


def _planes(frame: NDArray[Any], settings: Settings) -> Values:
    """(3 or 1, H, W) float64 in the range of the settings."""
    planes = np.moveaxis(frame, -1, 0).astype(np.float64)
    if settings.grey:
        planes = np.tensordot(_LUMA, planes, axes=1)[None]
    return np.asarray(settings.low + planes * ((settings.high - settings.low) / 255))


def _frame(x: Values, y: Values, settings: Settings) -> float:
    c1, c2 = (0.01 * settings.data_range) ** 2, (0.03 * settings.data_range) ** 2
    count = len(settings.window) ** 2
    norm = count / (count - 1) if settings.sample_covariance else 1.0
    around = _mirrored if settings.mirrored else _windowed
    mean: Callable[[Values], Values] = partial(around, window=settings.window)
    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = norm * (mean(x * x) - mean_x**2), norm * (mean(y * y) - mean_y**2)
    if settings.mirrored:
        var_x, var_y = np.maximum(var_x, 0), np.maximum(var_y, 0)
    covariance = norm * (mean(x * y) - mean_x * mean_y)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return float((luminance * (2 * covariance + c2) / (var_x + var_y + c2)).mean())


def _windowed(image: Values, window: Values) -> Values:
    """Weighted mean around each position of (3, H, W) whose window lies inside."""
    edge = len(window) // 2
    rows = scipy.ndimage.correlate1d(image, window, axis=1)
    smooth = scipy.ndimage.correlate1d(rows, window, axis=2)
    return np.asarray(smooth[:, edge:-edge, edge:-edge])


def _mirrored(image: Values, window: Values) -> Values:
    """Weighted mean around each position of (3, H, W), mirrored at the border without repeating its pixels."""
    rows = scipy.ndimage.correlate1d(image, window, axis=1, mode="mirror")
    return np.asarray(scipy.ndimage.correlate1d(rows, window, axis=2, mode="mirror"))


_GAUSSIAN, _UNIFORM = gaussian_window(), np.full(7, 1 / 7)

METRICS = tuple(
    Metric(
        id="ssim",
        variant=variant,
        title="SSIM" if variant in (None, "skimage") else f"SSIM ({variant})",
        better="higher",
        reference="driving",
        tasks=tasks,
        input=None,
        function=partial(ssim, settings=settings),
        settings=words,
        paper="Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE TIP 2004",
        description=description,
        low=-1.0,
        high=1.0,
    )
    for variant, tasks, settings, words, description in (
        (
            None,
            SELF_ONLY,
            Settings(_GAUSSIAN),
            "gauss11-1.5|colour|R=255",
            "Structural similarity with Wang's Gaussian window, on colour, with the range matched to the data.",
        ),
        (
            "skimage",
            SELF_ONLY,
            Settings(_UNIFORM, sample_covariance=True),
            "uniform7|colour|R=255|sample-covariance",
            "Structural similarity as scikit-image computes it by default: uniform 7x7 window, matched range.",
        ),
        (
            "torchmetrics",
            SELF_ONLY,
            Settings(_GAUSSIAN, mirrored=True),
            "gauss11-1.5|colour|R=255|mirrored-border",
            "Structural similarity as torchmetrics computes it: Wang's window over frames mirrored at their border.",
        ),
        (
            "grey",
            SELF_ONLY,
            Settings(_GAUSSIAN, grey=True),
            "gauss11-1.5|luma-bt601|R=255",
            "Structural similarity with Wang's Gaussian window on grey values, with the range matched to the data.",
        ),
        (
            "range2",
            SELF_ONLY,
            Settings(_UNIFORM, sample_covariance=True, high=1.0, data_range=2.0),
            "uniform7|colour|[0,1]|R=2|sample-covariance",
            "The slip of the MCNet and DaGAN scripts: [0, 1] values with range 2. Higher than it should be.",
        ),
        (
            "range255",
            BOTH_TASKS,
            Settings(_GAUSSIAN, low=-1.0, high=1.0, data_range=255.0),
            "gauss11-1.5|colour|[-1,1]|R=255",
            "The slip that gives 0.95 for any two pictures: [-1, 1] values with range 255. Carries no information.",
        ),
    )
)
