"""Where each official script puts its crop, written from the scripts' rules and sharing nothing with evalkit.

Boxes are (left, top, right, bottom) in pixels of a `width` x `height` frame, right and bottom exclusive.
"""

from collections.abc import Sequence
from math import floor

Box = tuple[int, int, int, int]


def load_videos(listed: Sequence[int], reference: tuple[int, int], width: int, height: int) -> Box:
    """`load_videos.py`: each side divided by reference over frame size, cut to whole pixels; array slicing."""
    across, down = reference[0] / width, reference[1] / height
    left, top, right, bottom = (int(side / scale) for side, scale in zip(listed, (across, down) * 2, strict=True))
    return left, top, min(right, width), min(bottom, height)


def crop_vox(union: Sequence[float]) -> Box:
    """`util.py` of video-preprocessing: each side grown by a tenth, the shorter axis by more until both are equal."""
    left, top, right, bottom = union
    width, height = right - left, bottom - top
    more_across = max(0.1, (1.2 * height - width) / (2 * width))
    more_down = max(0.1, (1.2 * width - height) / (2 * height))
    corners = (left - more_across * width, top - more_down * height)
    others = (right + more_across * width, bottom + more_down * height)
    return int(corners[0]), int(corners[1]), int(others[0]), int(others[1])


def celebv_hq(fractions: dict[str, float], width: int, height: int) -> Box:
    """`download_and_process.py`: grown by 0.02 of the frame, rounded, squared about its middle; then ffmpeg's crop."""
    rows = [max(0.0, fractions["top"] - 0.02) * height, min(1.0, fractions["bottom"] + 0.02) * height]
    columns = [max(0.0, fractions["left"] - 0.02) * width, min(1.0, fractions["right"] + 0.02) * width]
    (top, bottom), (left, right) = map(round, rows), map(round, columns)
    side = 2 * (min(bottom - top, right - left) // 2)
    return ffmpeg_crop((left + right - side) / 2, (top + bottom - side) / 2, side, side)


def hdtf(listed: Sequence[int], rows: int, height: int) -> Box:
    """`crop_wh.txt` is x, width, y, height in frames of the listed number of rows."""
    x, across, y, down = (value * height / rows for value in listed)
    return round(x), round(y), round(x + across), round(y + down)


def talkinghead_1kh(line: str, width: int, height: int) -> Box:
    """`videos_crop.py`: L, T, R, B over the listed W and H times the frame's, cut to whole pixels; ffmpeg's crop."""
    listed_height, listed_width, _, _, left, top, right, bottom = map(int, line.rsplit(",", 8)[1:])
    x, to_x = (floor(side / listed_width * width) for side in (left, right))
    y, to_y = (floor(side / listed_height * height) for side in (top, bottom))
    return ffmpeg_crop(x, y, to_x - x, to_y - y)


def ffmpeg_crop(x: float, y: float, across: int, down: int) -> Box:
    """ffmpeg's crop filter on 4:2:0 video: size and corner go down to even numbers."""
    left, top = floor(x / 2) * 2, floor(y / 2) * 2
    return left, top, left + across // 2 * 2, top + down // 2 * 2
