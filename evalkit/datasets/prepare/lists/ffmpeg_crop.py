"""How ffmpeg's crop filter places a box, for lists whose official script crops with it."""

from evalkit.datasets.prepare.jobs import Box
from evalkit.errors import VideoError


def even_box(left: float, top: float, right: float, bottom: float, width: int, height: int) -> Box:
    """The box that `crop=w:h:x:y` cuts out of 4:2:0 video: size and corner are rounded down to even pixels.

    Raises `VideoError` for a box that is empty or leaves the frame.
    """
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        sides = "-".join(f"{side:g}" for side in (left, top, right, bottom))
        raise VideoError(f"the box {sides} leaves the {width}x{height} frame")
    x, y = int(left) & ~1, int(top) & ~1
    across, down = int(right - left) & ~1, int(bottom - top) & ~1
    if not across or not down:
        raise VideoError("the box is smaller than two pixels")
    return Box(x, y, x + across, y + down)
