"""Mel-frequency cepstral coefficients, with the constants that SyncNet was trained on.

Source: the defaults of `python_speech_features.mfcc` at 16 kHz: pre-emphasis 0.97, frames of 25 ms every 10 ms without
a window function, power spectrum of 512 points, 26 triangular filters from 0 to 8 kHz, logarithm, DCT-II (orthonormal),
13 coefficients, lifter 22, the first one replaced by the logarithm of the frame's energy. Written anew; the tests hold
it to numbers of that package.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from evalkit.types import SOUND_RATE, Values

COEFFICIENTS = 13
STEP = 160
"""Samples from one frame to the next."""
_FRAME, _POINTS, _FILTERS, _EMPHASIS, _LIFTER = 400, 512, 26, 0.97, 22


def mfcc(samples: NDArray[np.int16]) -> Values:
    """(T, 13) coefficients of (N,) samples at 16 kHz, one row every 10 ms; the last frame is filled with silence."""
    signal = samples.astype(np.float64)
    signal = np.append(signal[:1], signal[1:] - _EMPHASIS * signal[:-1])
    count = 1 + max(-(-(len(signal) - _FRAME) // STEP), 0)
    padded = np.concatenate([signal, np.zeros((count - 1) * STEP + _FRAME - len(signal))])
    frames = padded[np.arange(count)[:, None] * STEP + np.arange(_FRAME)]
    power = np.square(np.abs(np.fft.rfft(frames, _POINTS))) / _POINTS
    energy = _above_zero(power.sum(axis=1))
    bands = _above_zero(power @ filters().T)
    cepstrum = dct(np.log(bands), type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    lifted = cepstrum * (1 + _LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / _LIFTER))
    lifted[:, 0] = np.log(energy)
    return np.asarray(lifted)


def filters() -> Values:
    """(26, 257) triangles over the bins of the spectrum, evenly spaced in mel from 0 to 8 kHz."""
    edges = np.linspace(0, _mel(SOUND_RATE / 2), _FILTERS + 2)
    bins = np.floor((_POINTS + 1) * 700 * (10 ** (edges / 2595) - 1) / SOUND_RATE)
    places = np.arange(_POINTS // 2 + 1)
    rows = []
    for left, peak, right in zip(bins, bins[1:], bins[2:], strict=False):
        rising, falling = (places - left) / max(peak - left, 1), (right - places) / max(right - peak, 1)
        inside = (places >= left) & (places < right)
        rows.append(np.where(inside, np.where(places < peak, rising, falling), 0.0))
    return np.stack(rows)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _above_zero(values: Values) -> Values:
    """Silence has the smallest step above 1 instead of 0, whose logarithm exists."""
    return np.where(values == 0, np.finfo(float).eps, values)
