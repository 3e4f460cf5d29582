"""Miniature downloads: rendered heads pasted into larger frames, written losslessly, so that crops can be compared."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from evalkit.clips import video
from evalkit.types import Frames

HEAD, FRAMES = 256, 6
WIDTH, HEIGHT = 640, 360
LEFT, TOP = 180, 60
VOX_HEADER = "video_id,start,end,bbox,fps,width,height,partition,person_id"


def scene(head: Frames, *, frames: int = 14, width: int = WIDTH, height: int = HEIGHT) -> Frames:
    """`frames` pictures of `width` x `height` with the head at (LEFT, TOP); a corner of it tells the frame number."""
    rows, columns = np.mgrid[:height, :width]
    pictures = np.empty((frames, height, width, 3), dtype=np.uint8)
    pictures[:] = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1)
    side = min(HEAD, height - TOP)
    for number in range(frames):
        pictures[number, TOP : TOP + side, LEFT : LEFT + side] = head[number % len(head), :side, :side]
        pictures[number, TOP : TOP + 16, LEFT : LEFT + 16] = 3 * number % 256
    return pictures


def write_raw(path: Path, frames: Frames, fps: float = 25) -> Path:
    video.write_video(path.with_suffix(".mp4"), [frames], fps)
    return path.with_suffix(".mp4")


def cut(frames: Frames, box: Sequence[int], size: int | None) -> Frames:
    """The crop by numpy and Pillow alone."""
    left, top, right, bottom = box
    pieces = [frame[top:bottom, left:right] for frame in frames]
    if size:
        pieces = [np.asarray(Image.fromarray(piece).resize((size, size), Image.Resampling.BICUBIC)) for piece in pieces]
    return np.stack(pieces)


def decoded(path: Path) -> Frames:
    return np.concatenate(list(video.iter_frames(path)))


def vox_list(folder: Path, rows: Sequence[str], header: str = VOX_HEADER) -> Path:
    path = folder / "vox-metadata.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path
