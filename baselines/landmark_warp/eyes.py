"""Closing eyes: the upper lid slides over the eye; warping alone would squeeze the iris and drag the brow down.

The lid's skin is continued from above the open lid, mixed with that below the eye (lashes and shadow make the former
too dark), and ends in a dark line of lashes.
"""

import numpy as np
from scipy import ndimage

from baselines.landmark_warp.opening import Opening, measure_opening, pixel_grid, region_around, smoothstep
from baselines.landmark_warp.sample import Picture
from evalkit.types import Values

_EYES = (([36, 37, 38, 39], [36, 41, 40, 39]), ([42, 43, 44, 45], [42, 47, 46, 45]))
_ABOVE, _EDGE, _LASHES = 0.2, 0.1, 0.05
"""Height of the open lid's rim that is painted over, softness, thickness of the lashes; in widths of the eye."""
_REACH, _UNDER, _UNDER_SHARE = 0.2, 0.35, 0.35
"""How far above the rim and how far below the eye skin is taken from, and the share of the latter."""


def paint_lids(picture: Picture, landmarks: Values, opened: Values) -> None:
    """Close the eyes of `picture` (H, W, 3) in place.

    `landmarks` (68, 2) show them open; `opened` (2,) says how far they shall stay open, 1 (as they are) to 0 (shut).
    """
    for (upper, lower), fraction in zip(_EYES, opened, strict=True):
        strength = float(smoothstep(np.array((1 - fraction) / 0.25)))
        eye = measure_opening(landmarks[upper], landmarks[lower])
        region = region_around(landmarks[upper + lower], 0.2 * eye.width + 1, len(picture))
        if strength > 0 and picture[region].size:
            _paint_lid(picture, eye, fraction, strength, pixel_grid(region))


def _paint_lid(picture: Picture, eye: Opening, fraction: float, strength: float, pixels: Values) -> None:
    u, v = eye.coordinates(pixels)
    inside = np.clip(u, 0, 1)
    edge, rim = max(_EDGE, 0.8 / eye.width), eye.upper(inside) - _ABOVE
    end = eye.upper(inside) + (1 - fraction) * eye.gap(inside)
    below = v - rim
    skin = _read(picture, eye.pixels(inside, rim - np.clip(0.5 * below, 0, _REACH)))
    under = _read(picture, eye.pixels(inside, eye.lower(inside) + _UNDER))
    skin += (_UNDER_SHARE * smoothstep(below / (2 * _ABOVE)))[..., None] * (under - skin)
    lashes = np.exp(-(((v - end) / max(_LASHES, 0.6 / eye.width)) ** 2))
    colours = skin * (1 - 0.55 * lashes - 0.12 * smoothstep(below / np.maximum(end - rim, 1e-3)))[..., None]
    opacity = smoothstep(below / edge) * smoothstep((end - v) / edge + 1)
    opacity = opacity * smoothstep(u / 0.12 + 0.9) * smoothstep((1 - u) / 0.12 + 0.9)
    top, left = int(pixels[0, 0, 1]), int(pixels[0, 0, 0])
    part = picture[top : top + len(pixels), left : left + pixels.shape[1]]
    part += (strength * opacity[..., None] * (colours - part)).astype(np.float32)


def _read(picture: Picture, positions: Values) -> Values:
    """Colours (..., 3) of `picture` at positions (..., 2), linearly interpolated."""
    at = (positions[..., 1], positions[..., 0])
    planes = [ndimage.map_coordinates(picture[..., c], at, order=1, mode="nearest") for c in range(3)]
    return np.stack(planes, axis=-1).astype(np.float64)
