"""Pictures of the worst pairs: the same moments of the driving clip, of the baseline's and of the candidate's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from evalkit.clips import video
from evalkit.errors import EvalkitError
from evalkit.gating.side import Side
from evalkit.runs.find_clips import find_pairs, recorded_protocol
from evalkit.types import AS_STORED, Frames, Selection

MOMENTS, TILE, GAP, TEXT = 5, 160, 4, 18
_INK, _PAPER = (30, 30, 30), (255, 255, 255)


def write_strips(
    baseline: Side, candidate: Side, pairs: Sequence[str], folder: Path, data: Path | None = None
) -> dict[str, Path]:
    """Write `<pair>.png` for every pair whose generated clip is still there; returns those written.

    Baselines that are files have no clips, and driving clips are looked for below `data`, then where the candidate's
    run had them: rows without clips are left out.
    """
    driving, sides = _drivings(candidate, data), {"baseline": baseline, "candidate": candidate}
    written = {}
    for pair in pairs:
        made = {f"{name}: {side.name}": _generated(side, pair) for name, side in sides.items()}
        if any(tiles is not None for tiles in made.values()):
            path = folder / f"{pair}.png"
            video.write_image(path, _picture({"driving": driving(pair), **made}))
            written[pair] = path
    return written


def _drivings(candidate: Side, data: Path | None) -> Callable[[str], Frames | None]:
    """Pair -> (MOMENTS, TILE, TILE, 3) of its driving clip; None where the clips of the run cannot be found."""
    header = candidate.header
    pairs = find_pairs(header, data)[0] if header else {}
    if header is None or not pairs:
        return lambda pair: None
    protocol = recorded_protocol(header)

    def moments(pair: str) -> Frames | None:
        if pair not in pairs:
            return None
        return _moments(video.iter_frames(pairs[pair].driving.path, protocol.selection))

    return moments


def _generated(side: Side, pair: str) -> Frames | None:
    if side.folder is None:
        return None
    try:
        outcome = side.folder.read_outcome(pair)
    except EvalkitError:
        return None
    if outcome is None or not outcome.generated:
        return None
    try:
        path = side.folder.clip(outcome)
    except EvalkitError:
        return None
    whole = Selection(rgb=side.header.protocol.rgb) if side.header else AS_STORED
    return _moments(video.iter_frames(path, whole))


def _moments(chunks: Iterator[Frames]) -> Frames | None:
    """(MOMENTS, TILE, TILE, 3) evenly spaced moments; None when the clip cannot be read."""
    try:
        frames = [video.fit(frame, TILE) for chunk in chunks for frame in chunk]
    except (EvalkitError, OSError):
        return None
    return np.stack([frames[i] for i in np.linspace(0, len(frames) - 1, MOMENTS).round().astype(int)])


def _picture(titled: Mapping[str, Frames | None]) -> NDArray[np.uint8]:
    """Rows of tiles, each below its title; rows that are None are left out."""
    rows = [(title, tiles) for title, tiles in titled.items() if tiles is not None]
    height = TEXT + TILE + GAP
    sheet = Image.new("RGB", (MOMENTS * (TILE + GAP) - GAP, height * len(rows)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for number, (title, tiles) in enumerate(rows):
        draw.text((GAP, number * height + 1), title, fill=_INK, font=font)
        for place, tile in enumerate(tiles):
            sheet.paste(Image.fromarray(tile), (place * (TILE + GAP), number * height + TEXT))
    return np.asarray(sheet)
