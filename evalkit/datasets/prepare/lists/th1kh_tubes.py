"""TalkingHead-1KH's tubes, `<split>_video_tubes.txt`: one line `name,H,W,S,E,L,T,R,B` per clip.

`name` is a one-minute chunk of a video, `<youtube id>_<chunk>`; H and W its reference size, S and E the first and last
frame in it, the rest the box. Clips keep their size. Chunks are cut at key frames, so a chunk of another download may
hold other frames; one that is too short is reported. Source: github.com/tcwang0509/TalkingHead-1KH, `videos_crop.py`.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalkit.base.csvfile import Row
from evalkit.datasets.prepare.jobs import Box, ClipJob, Listing, Remark, Window
from evalkit.datasets.prepare.lists.ffmpeg_crop import even_box
from evalkit.datasets.prepare.names import safe_name, watch_url
from evalkit.datasets.prepare.textfile import read_lines
from evalkit.errors import DatasetError

_COLUMNS = ("name", "H", "W", "S", "E", "L", "T", "R", "B")
_CHUNK = re.compile(r"_\d+$")
_CLIP = re.compile(r"(?P<chunk>.+)_S(?P<first>\d+)_E(?P<last>\d+)_L\d+_T\d+_R\d+_B\d+")


@dataclass(frozen=True)
class ChunkBox:
    """A box in a frame of `width` x `height`, scaled and rounded down as the official script does."""

    box: Box
    width: int
    height: int

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        left, right = (int(side / self.width * width) for side in (self.box.left, self.box.right))
        top, bottom = (int(side / self.height * height) for side in (self.box.top, self.box.bottom))
        return even_box(left, top, right, bottom, width, height), ""


def read_tubes(path: Path, split: str) -> Listing:
    """Jobs for the lines of one split's file; repeated lines become remarks."""
    first: dict[str, ClipJob] = {}
    remarks: list[Remark] = []
    for number, line in read_lines(path):
        job = _job(path, number, line, split)
        if first.setdefault(job.id, job) is not job:
            remarks.append(Remark(job.id, "left out", f"repeats {first[job.id].where}", job.where))
    return Listing(tuple(first.values()), tuple(remarks))


def identity_of(clip: str) -> str:
    """The video a clip is cut from, which stands for the person: TalkingHead-1KH names nobody."""
    found = _CLIP.fullmatch(clip)
    return _CHUNK.sub("", found["chunk"]) if found else clip


def length_of(clip: str) -> int | None:
    """Frames that a clip of this name has."""
    found = _CLIP.fullmatch(clip)
    return int(found["last"]) - int(found["first"]) + 1 if found else None


def _job(path: Path, number: int, line: str, split: str) -> ClipJob:
    parts = line.split(",")
    if len(parts) != len(_COLUMNS):
        raise DatasetError(f"{path} line {number}: expected 9 columns ({','.join(_COLUMNS)}), got {len(parts)}.")
    row = Row(path, number, dict(zip(_COLUMNS, map(str.strip, parts), strict=True)), DatasetError)
    chunk = safe_name(row, "name")
    height, width, start, end = row.integer("H", 1), row.integer("W", 1), row.integer("S"), row.integer("E")
    box = Box(row.integer("L"), row.integer("T"), row.integer("R"), row.integer("B"))
    if end < start:
        raise row.wrong("E", f"a frame from S, {start}, on")
    name = f"{chunk}_S{start}_E{end}_L{box.left}_T{box.top}_R{box.right}_B{box.bottom}"
    return ClipJob(
        id=name,
        file=f"{split}/cropped_clips/{name}.mp4",
        identity=identity_of(name),
        videos=(chunk,),
        window=Window(Fraction(start), Fraction(end + 1), None),
        region=ChunkBox(box, width, height),
        size=None,
        where=f"{path.name} line {number}",
        url=watch_url(_CHUNK.sub("", chunk)),
        height=height,
        download=_CHUNK.sub("", chunk),
    )
