"""Pictures of the worst pairs: moments of the generated clip, the baseline's above the candidate's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit import video
from evalkit.errors import EvalkitError
from evalkit.gate.side import Side
from evalkit.types import Frames

MOMENTS, TILE, GAP = 5, 160, 4


def write_strips(baseline: Side, candidate: Side, pairs: Sequence[str], folder: Path) -> dict[str, Path]:
    """Write `<pair>.png` for every pair whose generated clip is still there; returns those written.

    Baselines that are files have no clips: then a strip is the candidate's row alone.
    """
    written = {}
    for pair in pairs:
        rows = [row for side in (baseline, candidate) if (row := _row(side, pair)) is not None]
        if rows:
            path = folder / f"{pair}.png"
            video.write_image(path, np.concatenate(rows))
            written[pair] = path
    return written


def _row(side: Side, pair: str) -> NDArray[np.uint8] | None:
    """(TILE + GAP, MOMENTS * (TILE + GAP), 3) evenly spaced moments on white; None when the clip cannot be read."""
    if side.folder is None:
        return None
    try:
        outcome = side.folder.read_outcome(pair)
        if outcome is None or not outcome.generated:
            return None
        frames = [
            video.fit(f, TILE) for chunk in video.iter_frames(side.folder.path / outcome.generated) for f in chunk
        ]
    except (EvalkitError, OSError):
        return None
    return _tiled(np.stack(frames)) if frames else None


def _tiled(frames: Frames) -> NDArray[np.uint8]:
    row = np.full((TILE + GAP, MOMENTS * (TILE + GAP), 3), 255, np.uint8)
    for place, moment in enumerate(np.linspace(0, len(frames) - 1, MOMENTS).round().astype(int)):
        left = place * (TILE + GAP)
        row[:TILE, left : left + TILE] = frames[moment]
    return row
