"""The side-by-side video of a supplement: source, driving clip and methods with their names above them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from evalkit.clips import video
from evalkit.clips.web_copy import write_browser_video
from evalkit.errors import RunError
from evalkit.figures.grid import Picture
from evalkit.figures.options import PairOptions
from evalkit.runs.shown import PairClips, chosen_pairs, clips_of, open_runs
from evalkit.types import Frames

_STRIP, _GAP, _GREY = 28, 4, 221


def write_pair_video(path: Path, runs: Sequence[Path], options: PairOptions, data: Path | None = None) -> int:
    """Write the pairs one after the other as H.264 in MP4, which looks good and is not to be scored; returns frames.

    Raises `RunError` for another file name and as `open_runs` and `chosen_pairs` do.
    """
    if path.suffix != ".mp4":
        raise RunError(f"{path}: expected a file name that ends in .mp4.")
    shown = open_runs(runs, data, options)
    pairs = [pair for _, pair in chosen_pairs(shown, options)]
    headings = ["Source", "Driving", *(run.measured.title for run in shown.runs)]
    side = shown.protocol.resolution
    header = _header(headings, side)
    fps = video.frame_rate(pairs[0].driving.path) / shown.protocol.selection.stride
    frames = (frame for pair in pairs for frame in _frames(clips_of(shown, pair), header, side))
    return write_browser_video(path, frames, fps)


def _frames(clips: PairClips, header: Picture, side: int) -> Iterator[Frames]:
    source = clips.source()
    for driving, generated in clips.all():
        tiles = [source, driving, *(_word(one, side) if isinstance(one, str) else one for one in generated)]
        row = np.concatenate([part for tile in tiles for part in (tile, _white(side, _GAP))][:-1], axis=1)
        yield _even(np.concatenate([header, row]))[None]


def _header(headings: Sequence[str], side: int) -> Picture:
    strips = [_text(heading, side, _STRIP, 255) for heading in headings]
    return np.concatenate([part for strip in strips for part in (strip, _white(_STRIP, _GAP))][:-1], axis=1)


def _word(word: str, side: int) -> Picture:
    return _text(word, side, side, _GREY)


def _text(text: str, width: int, height: int, paper: int) -> Picture:
    """Black text in the middle, as large as fits."""
    image = Image.new("RGB", (width, height), (paper,) * 3)
    draw = ImageDraw.Draw(image)
    size = 18
    while size > 7 and draw.textlength(text, font=_font(size)) > width - 4:
        size -= 1
    draw.text((width / 2, height / 2), text, fill=(0, 0, 0), font=_font(size), anchor="mm")
    return np.asarray(image)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _white(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 255, np.uint8)


def _even(image: Picture) -> Picture:
    """With a white line more at the right and below where a side is odd; the codec takes even sizes only."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), constant_values=255)
