"""VoxCeleb's own annotation, `txt/<person>/<video>/<utterance>.txt`, cut into tubes by FOMM's rule.

Six header lines, a line with the column names, then tab-separated FRAME X Y W H at 25 frames per second. VoxCeleb1
boxes are pixels of a frame scaled to 360 rows, VoxCeleb2 boxes are fractions of the frame. A tube goes on while the box
overlaps the tube's first one by 0.25 (intersection over union) and for at most 1024 frames; its box is the union, grown
by a tenth and made square; it is dropped below 64 frames, or when the union's larger side is under 256 pixels, or when
the square leaves the frame. FOMM takes boxes of a face detector next to the annotated ones; here the annotated boxes
themselves count. Source: github.com/AliaksandrSiarohin/video-preprocessing, `crop_vox.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalkit.base.csvfile import Row
from evalkit.datasets.prepare.jobs import Box, ClipJob, Listing, Remark, Window
from evalkit.datasets.prepare.names import safe_name, watch_url
from evalkit.datasets.prepare.textfile import read_lines
from evalkit.errors import DatasetError, VideoError

SIZE, RATE, REFERENCE_ROWS = 256, 25, 360
_HEADER, _LEAST_OVERLAP, _LONGEST, _SHORTEST, _SMALLEST, _GROWTH = 7, 0.25, 1024, 64, 256, 0.1
Track = tuple[float, float, float, float]


@dataclass(frozen=True)
class TrackBox:
    """The union of a tube's boxes: fractions of the frame, or with `rows` pixels of a frame of that many rows."""

    left: float
    top: float
    right: float
    bottom: float
    rows: int | None

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        across, down = (width, height) if self.rows is None else (height / self.rows, height / self.rows)
        left, right, top, bottom = self.left * across, self.right * across, self.top * down, self.bottom * down
        if max(right - left, bottom - top) < _SMALLEST:
            raise VideoError(
                f"the face is {max(right - left, bottom - top):.0f} pixels in a {width}x{height} video; "
                f"{_SMALLEST} are needed: get a larger rendition"
            )
        box = _square(left, top, right, bottom)
        if not box.inside(width, height):
            raise VideoError(f"the square {'-'.join(map(str, box))} around the face leaves the {width}x{height} frame")
        return box, ""


@dataclass(frozen=True)
class _Tube:
    start: int
    end: int
    box: Track


def read_tracks(folder: Path, people: Sequence[str], split: str, fractions: bool) -> Listing:
    """Jobs for every utterance under `folder` of the split's people: `people` make up the test part."""
    jobs: list[ClipJob] = []
    remarks: list[Remark] = []
    for path in sorted(folder.glob("*/*/*.txt")):
        person = path.parts[-3]
        partition = "test" if person in people else "train"
        if split in (partition, "all"):
            for tube in _tubes(_read(path)):
                job = _job(path, partition, tube, fractions)
                if tube.end - tube.start < _SHORTEST:
                    remarks.append(Remark(job.id, "left out", f"shorter than {_SHORTEST} frames", job.where))
                else:
                    jobs.append(job)
    return Listing(*_once(jobs, remarks))


def _once(jobs: Sequence[ClipJob], remarks: list[Remark]) -> tuple[tuple[ClipJob, ...], tuple[Remark, ...]]:
    first: dict[str, ClipJob] = {}
    for job in jobs:
        if first.setdefault(job.id, job) is not job:
            remarks.append(Remark(job.id, "left out", f"repeats {first[job.id].where}", job.where))
    return tuple(first.values()), tuple(remarks)


def _job(path: Path, partition: str, tube: _Tube, fractions: bool) -> ClipJob:
    cells = {"person": path.parts[-3], "video": path.parts[-2]}
    row = Row(path, 1, cells, DatasetError)
    person, video = safe_name(row, "person"), safe_name(row, "video")
    name = f"{person}#{video}#{tube.start:06d}#{tube.end:06d}"
    return ClipJob(
        id=name,
        file=f"{partition}/{name}.mp4",
        identity=person,
        videos=(video,),
        window=Window(Fraction(tube.start), Fraction(tube.end), RATE),
        region=TrackBox(*tube.box, rows=None if fractions else REFERENCE_ROWS),
        size=SIZE,
        where="/".join(path.parts[-3:]),
        url=watch_url(video),
    )


def _read(path: Path) -> list[tuple[int, Track]]:
    """Frame numbers with left, top, right, bottom."""
    found = []
    for number, line in read_lines(path):
        if number <= _HEADER:
            continue
        cells = dict(zip(("FRAME", "X", "Y", "W", "H"), line.split(), strict=False))
        row = Row(path, number, cells, DatasetError)
        x, y, w, h = (_number(row, column) for column in ("X", "Y", "W", "H"))
        if w <= 0 or h <= 0:
            raise row.wrong("W", "a width and height above 0")
        found.append((row.integer("FRAME"), (x, y, x + w, y + h)))
    if not found:
        raise DatasetError(f"{path}: no boxes; expected six header lines, then FRAME X Y W H separated by tabs.")
    return found


def _number(row: Row, column: str) -> float:
    try:
        return float(row.text(column))
    except ValueError:
        raise row.wrong(column, "a number") from None


def _tubes(track: Sequence[tuple[int, Track]]) -> Iterator[_Tube]:
    """Cut a track where the face leaves its first place, where frames are missing, and at the longest length."""
    start, initial = track[0]
    union, last = initial, start - 1
    for frame, box in track:
        if frame != last + 1 or frame - start >= _LONGEST or _overlap(initial, box) < _LEAST_OVERLAP:
            yield _Tube(start, last + 1, union)
            start, initial, union = frame, box, box
        union = (*map(min, union[:2], box[:2]), *map(max, union[2:], box[2:]))  # type: ignore[assignment]
        last = frame
    yield _Tube(start, last + 1, union)


def _overlap(a: Track, b: Track) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _square(left: float, top: float, right: float, bottom: float) -> Box:
    """Grow each side by a tenth, and the shorter one until it is as long as the longer one."""
    width, height = right - left, bottom - top
    side = max(width, height) * (1 + 2 * _GROWTH)
    across, down = (side - width) / 2, (side - height) / 2
    return Box(int(left - across), int(top - down), int(right + across), int(bottom + down))
