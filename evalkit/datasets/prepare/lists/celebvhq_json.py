"""CelebV-HQ's `celebvhq_info.json`: per clip a YouTube id, a time span in seconds and a box in fractions of the frame.

The box is grown by 0.02 on every side inside the frame, rounded to pixels, and made square with its shorter side, as
the official script does; clips keep their size. Nobody is named, so the source video stands for the identity. Source:
github.com/CelebV-HQ/CelebV-HQ, `download_and_process.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from evalkit.base.csvfile import Row
from evalkit.datasets.prepare.jobs import Box, ClipJob, Listing, Remark, Window
from evalkit.datasets.prepare.lists.ffmpeg_crop import even_box
from evalkit.datasets.prepare.names import safe_name, watch_url
from evalkit.errors import DatasetError

_GROWTH = 0.02
_LARGEST, _SMALLEST = 1e9, 1e-12


@dataclass(frozen=True)
class FractionBox:
    """A box in fractions of the frame."""

    top: float
    bottom: float
    left: float
    right: float

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        top, bottom = round(max(self.top - _GROWTH, 0) * height), round(min(self.bottom + _GROWTH, 1) * height)
        left, right = round(max(self.left - _GROWTH, 0) * width), round(min(self.right + _GROWTH, 1) * width)
        half = min(bottom - top, right - left) // 2
        x, y = (left + right) / 2 - half, (top + bottom) / 2 - half
        inside = min(self.top, self.left) >= 0 and max(self.bottom, self.right) <= 1
        note = (
            "" if inside else f"the box {self.left:g}-{self.top:g}-{self.right:g}-{self.bottom:g} leaves the frame; cut"
        )
        return even_box(x, y, x + 2 * half, y + 2 * half, width, height), note


def read_info(path: Path) -> Listing:
    """Jobs for every clip of the file; a duplicate entry becomes a remark."""
    repeated: list[str] = []
    clips = parse_info(path, repeated)["clips"]
    remarks = [Remark(key, "left out", "duplicate entry", path.name) for key in repeated]
    return Listing(tuple(_job(path, key, clip) for key, clip in clips.items()), tuple(remarks))


def parse_info(path: Path, repeated: list[str] | None = None) -> dict[str, Any]:
    """The content of the file, which has a mapping `clips`; keys of repeated entries are put into `repeated`.

    Raises `DatasetError`.
    """
    content = _parse(path, [] if repeated is None else repeated)
    if not isinstance(content, dict) or not isinstance(content.get("clips"), dict):
        raise DatasetError(f"{path}: key 'clips' is missing; expected the celebvhq_info.json of CelebV-HQ.")
    return content


def identity_of(clip: str) -> str:
    """The video of the clip `<youtube id>_<k>`."""
    return clip.rpartition("_")[0] or clip


def _parse(path: Path, repeated: list[str]) -> object:
    """The content; keys of entries that come again unchanged are put into `repeated`."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        content: dict[str, object] = {}
        for key, value in pairs:
            if key in content and (value != content[key] or not isinstance(value, dict)):
                raise ValueError(f"the key {key!r} appears twice")
            if key in content:
                repeated.append(key)
            content[key] = value
        return content

    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=unique, parse_float=_exactly)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path} line {error.lineno}, column {error.colno}: not JSON ({error.msg}).") from error
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read as JSON: {error}.") from error


def _job(path: Path, key: str, clip: object) -> ClipJob:
    name = safe_name(Row(path, 0, {"clips": key}, DatasetError), "clips")
    video = _entry(path, key, clip, "ytb_id")
    if not isinstance(video, str):
        raise DatasetError(f"{path}, clip {key!r}, key 'ytb_id': expected text, got {video!r}.")
    start, end = (_number(path, key, clip, "duration", side) for side in ("start_sec", "end_sec"))
    if end <= start:
        raise DatasetError(f"{path}, clip {key!r}, key 'duration.end_sec': expected more than {float(start)}.")
    top, bottom, left, right = (_number(path, key, clip, "bbox", side) for side in ("top", "bottom", "left", "right"))
    return ClipJob(
        id=name,
        file=f"{name}.mp4",
        identity=safe_name(Row(path, 0, {"ytb_id": video}, DatasetError), "ytb_id"),
        videos=(video,),
        window=Window(start, end, 1),
        region=FractionBox(float(top), float(bottom), float(left), float(right)),
        size=None,
        where=f"{path.name} {key}",
        url=watch_url(video),
    )


def _number(path: Path, key: str, clip: object, *keys: str) -> Fraction:
    value = _entry(path, key, clip, *keys)
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise DatasetError(f"{path}, clip {key!r}, key '{'.'.join(keys)}': expected a number, got {value!r}.")
    exact = Fraction(value)
    if abs(exact) > _LARGEST:
        raise DatasetError(f"{path}, clip {key!r}, key '{'.'.join(keys)}': expected at most {_LARGEST}.")
    return exact


def _exactly(text: str) -> Fraction:
    """A number of the file. The exact form of 1e-999999999 would fill the memory, so such numbers are 0 or refused."""
    rounded = float(text)
    if abs(rounded) > _LARGEST:
        raise ValueError(f"the number {text[:40]} is larger than {_LARGEST}")
    return Fraction(text) if abs(rounded) > _SMALLEST else Fraction(0)


def _entry(path: Path, key: str, clip: object, *keys: str) -> object:
    for step in keys:
        if not isinstance(clip, Mapping) or step not in clip:
            raise DatasetError(f"{path}, clip {key!r}: key '{'.'.join(keys)}' is missing.")
        clip = clip[step]
    return clip
