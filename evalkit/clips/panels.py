"""Frames that show several pictures side by side: which rectangle is one of them."""

import re
from typing import TypeAlias

from evalkit.errors import VideoError

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; the last two are exclusive."""

PARTS = {
    "left-half": (1, 2),
    "right-half": (2, 2),
    "left-third": (1, 3),
    "middle-third": (2, 3),
    "right-third": (3, 3),
}
"""Name -> which of how many pictures."""
_BORDER = 2
"""Black pixels that torchvision's `make_grid` puts around every picture of a row."""
_MOST = 9
_PART = re.compile(rf"([1-{_MOST}])/([1-{_MOST}])")
_BOX = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})")


def check_crop(crop: str) -> None:
    """Raise `VideoError` for a text that names no part of a frame: a key of `PARTS`, `K/N`, or `x,y,w,h`."""
    _parsed(crop)


def crop_box(crop: str, width: int, height: int) -> Box:
    """The part of a frame of width x height pixels that `crop` names.

    `K/N` is the K-th of N equal pictures in a row. Where that leaves squares only without the borders of `make_grid`
    (pictures of `width = 2 + n (side + 2)`, `height = side + 4`), the borders are cut off too.

    Raises `VideoError` for a frame that has no such part.
    """
    found = _parsed(crop)
    if len(found) == 4:
        left, top, wide, high = found
        if left + wide > width or top + high > height:
            raise VideoError(f"--crop {crop} leaves the frame, which is {width}x{height}")
        return left, top, left + wide, top + high
    place, count = found
    tile = grid_tile(place, count, width, height)
    if tile and _is_square(tile):
        return tile
    if width % count:
        raise VideoError(f"--crop {crop} does not fit a frame of {width}x{height}: it has no {count} equal parts")
    part = width // count
    return (place - 1) * part, 0, place * part, height


def grid_tile(place: int, count: int, width: int, height: int) -> Box | None:
    """The picture at `place`, from 1, in a row of `count` with the borders of `make_grid`; None for no such row."""
    side, left_over = divmod(width - _BORDER, count)
    side -= _BORDER
    if left_over or side < 1 or height <= 2 * _BORDER:
        return None
    left = _BORDER + (place - 1) * (side + _BORDER)
    return left, _BORDER, left + side, height - _BORDER


def squares(width: int, height: int) -> int:
    """How many square pictures stand side by side in a frame, with or without the borders of a grid; 1 if unknown."""
    rows = (count for count in range(2, _MOST + 1) if width == count * height or _is_grid(count, width, height))
    return next(rows, 1)


def _is_grid(count: int, width: int, height: int) -> bool:
    tile = grid_tile(1, count, width, height)
    return tile is not None and _is_square(tile)


def _is_square(box: Box) -> bool:
    return box[2] - box[0] == box[3] - box[1]


def _parsed(crop: str) -> tuple[int, ...]:
    if crop in PARTS:
        return PARTS[crop]
    if part := _PART.fullmatch(crop):
        place, count = int(part[1]), int(part[2])
        if place <= count:
            return place, count
    elif box := _BOX.fullmatch(crop):
        numbers = tuple(int(number) for number in box.groups())
        if numbers[2] and numbers[3]:
            return numbers
    raise VideoError(
        f"--crop {crop[:40]!r}: expected {', '.join(PARTS)}, K/N for the K-th of N pictures side by side, or x,y,w,h "
        "in pixels from the upper left corner."
    )
