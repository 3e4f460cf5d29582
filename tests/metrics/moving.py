"""A textured square that moves before a still, textured wall, and what goes wrong with it."""

import numpy as np
from scipy.ndimage import gaussian_filter

from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS

SIDE, FRAMES = 96, 8


def clip(step=2):
    """(8, 96, 96, 3) uint8: the square moves right by `step` pixels a frame."""
    rng = np.random.default_rng(0)
    wall, square = (gaussian_filter(rng.uniform(0, 255, (side, side)), 1.5) for side in (SIDE, 40))
    frames = np.repeat(wall[None], FRAMES, axis=0)
    for frame in range(FRAMES):
        frames[frame, 30:70, 10 + step * frame : 50 + step * frame] = square
    return np.repeat(frames.round().astype(np.uint8)[..., None], 3, axis=3)


def brighter(frames, levels, start=0):
    """Every second frame from `start` on brighter by `levels`."""
    change = np.zeros((len(frames), 1, 1, 1))
    change[start::2] = levels
    return np.clip(frames + change, 0, 255).astype(np.uint8)


def noisy(frames, deviation):
    """Other noise in every frame."""
    rng = np.random.default_rng(1)
    return np.clip(frames + rng.normal(0, deviation, frames.shape), 0, 255).astype(np.uint8)


def value(key, generated, driving):
    """Mean over the frames that a run gives a value."""
    metric, extract = METRICS[key], EXTRACTORS["dis_flow"].load()
    ours, theirs = (extract(frames, {})[metric.input[1]] for frames in (generated, driving))
    return float(metric.function(ours, theirs)[metric.window - 1 :].mean())
