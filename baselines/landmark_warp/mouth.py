"""What shows between the lips when the mouth opens further than in the source.

The warp alone would show a stretched sliver of the source's mouth. Instead the interior is drawn: what the source shows
below its upper lip (teeth hang on the skull) at its own size, below that a dark cavity; if the source shows nearly
nothing, a shaded row of upper teeth. It replaces the warp softly, only as far as the mouth is open further than in
the source.
"""

import numpy as np

from baselines.landmark_warp.opening import (
    Opening,
    measure_opening,
    pixel_grid,
    region_around,
    smoothstep,
)
from baselines.landmark_warp.sample import Picture, Sampler
from evalkit.types import Values

_UPPER, _LOWER = [60, 61, 62, 63, 64], [60, 67, 66, 65, 64]
_EDGE, _TEETH, _FULLY_WIDER = 0.05, 0.16, 0.06
"""Softness of the edge, height of the teeth, gain in gap that makes the drawing opaque; in mouth widths."""
_CAVITY, _TONGUE = np.array([0.20, 0.10, 0.10]), np.array([0.46, 0.26, 0.26])
_ENAMEL = np.array([0.92, 0.88, 0.82])
"""Colours as fractions of the skin's (enamel: of its brightest channel)."""


def inner_mouth(landmarks: Values) -> Opening:
    """The inner lips of landmarks (68, 2)."""
    return measure_opening(landmarks[_UPPER], landmarks[_LOWER])


class MouthPainter:
    """Paints the mouth's interior for one source picture with landmarks (68, 2)."""

    def __init__(self, sampler: Sampler, landmarks: Values) -> None:
        self._sampler, self._own = sampler, inner_mouth(landmarks)
        cheeks = (landmarks[[2, 14]] + landmarks[[31, 35]]) / 2
        self._skin = sampler(cheeks.astype(np.float32)).mean(axis=0).astype(np.float64)

    def paint(self, picture: Picture, landmarks: Values) -> None:
        """Draw into `picture` (H, W, 3), in place, where the inner lips of the generated face are."""
        mouth = inner_mouth(landmarks)
        wider = mouth.gap(np.linspace(0.3, 0.7, 5)).mean() - self._own.gap(np.linspace(0.3, 0.7, 5)).mean()
        strength = smoothstep(np.array(wider / _FULLY_WIDER))
        region = region_around(landmarks[_UPPER + _LOWER], 2, len(picture))
        if strength > 0 and picture[region].size:
            u, v = mouth.coordinates(pixel_grid(region))
            colours, opacity = self._interior(u, v, mouth)
            picture[region] += (strength * opacity[..., None] * (colours - picture[region])).astype(np.float32)

    def _interior(self, u: Values, v: Values, mouth: Opening) -> tuple[Values, Values]:
        """Colours (..., 3) and opacity at mouth coordinates (u, v)."""
        inside = np.clip(u, 0, 1)
        depth, gap, own_gap = v - mouth.upper(inside), mouth.gap(inside), self._own.gap(inside)
        edge = max(_EDGE, 0.8 / mouth.width)
        opacity = smoothstep(depth / edge + 0.5) * smoothstep((gap - depth) / edge + 0.5) * smoothstep(gap / edge - 0.3)
        shown = self._below_own_lip(inside, np.clip(depth, 0, own_gap))
        drawn = self._cavity(inside, depth, gap)
        above = 1 - smoothstep((depth - own_gap) / (2 * edge) + 0.75)
        share = (above * smoothstep((own_gap - 0.06) / 0.08))[..., None]
        return drawn + share * (shown - drawn), opacity * ((u > 0) & (u < 1))

    def _below_own_lip(self, u: Values, depth: Values) -> Values:
        return self._sampler(self._own.pixels(u, self._own.upper(u) + depth).astype(np.float32)).astype(np.float64)

    def _cavity(self, u: Values, depth: Values, gap: Values) -> Values:
        """Dark, a little lighter towards the lower lip (tongue), with a row of upper teeth that fades at the sides."""
        low = np.clip(depth / np.maximum(gap, 1e-3), 0, 1)[..., None]
        base = self._skin * (_CAVITY + 0.6 * smoothstep((low - 0.55) / 0.6) * (_TONGUE - _CAVITY))
        aside = np.abs(2 * u - 1)
        height = np.minimum(_TEETH, 0.6 * gap) * (1 - 0.5 * aside**2)
        row = smoothstep((height - depth) / 0.06 + 0.5) * smoothstep(1.5 - 1.7 * aside)
        light = 0.6 + 0.4 * smoothstep(depth / 0.08)
        enamel = self._skin.max() * _ENAMEL * light[..., None]
        return np.asarray(base + (0.8 * row)[..., None] * (enamel - base))
