"""VoxCeleb crops as FOMM's preprocessing lists them, `vox-metadata.csv`.

Columns: video_id, start, end (frame numbers at `fps`, end exclusive), bbox (`left-top-right-bottom` in a frame of width
x height), fps, width, height, partition and person_id. Lists that `crop_vox.py` writes have no person_id; there
video_id is `<video>#<person>`. Source: github.com/AliaksandrSiarohin/video-preprocessing, `load_videos.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalkit.base.csvfile import Row, is_number, read_rows
from evalkit.datasets.prepare.jobs import Box, ClipJob, Listing, Remark, Window
from evalkit.datasets.prepare.names import safe_name, watch_url
from evalkit.errors import DatasetError, VideoError

SIZE = 256
_COLUMNS = ("video_id", "start", "end", "bbox", "fps", "width", "height", "partition")


@dataclass(frozen=True)
class MetadataBox:
    """A box in a frame of `width` x `height`, scaled to the downloaded size and rounded down as `load_videos.py` does.

    What lies outside the frame is cut off, as slicing an array does: 866 of the 20,075 boxes of the published list
    leave their frame, 38 of them in the test part.
    """

    box: Box
    width: int
    height: int

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        across, down = self.width / width, self.height / height
        left, top = int(self.box.left / across), int(self.box.top / down)
        right, bottom = int(self.box.right / across), int(self.box.bottom / down)
        inside = Box(left, top, min(right, width), min(bottom, height))
        if not inside.inside(width, height):
            raise VideoError(f"the box {left}-{top}-{right}-{bottom} lies outside the {width}x{height} frame")
        cut = (right, bottom) != (inside.right, inside.bottom)
        return inside, f"the box {left}-{top}-{right}-{bottom} leaves the {width}x{height} frame; cut" if cut else ""


def read_metadata(path: Path, split: str) -> Listing:
    """Jobs for the rows of `split` ("test", "train" or "all").

    Rows that repeat an earlier one, and train rows that repeat a test clip, become remarks: 307 and 4 in the published
    list, where 311 rows name a clip again, 308 of them equal in every column and 3 in all but `partition`.
    """
    rows = read_rows(path, required=_COLUMNS, error=DatasetError)
    jobs: list[ClipJob] = []
    remarks: list[Remark] = []
    first: dict[str, ClipJob] = {}
    for row, job in _test_first(path, rows):
        known = first.setdefault(job.id, job)
        if known is job:
            jobs.append(job)
        elif known.file != job.file:
            remarks.append(
                Remark(job.id, "left out", f"a train row that repeats the test clip of {known.where}", job.where)
            )
        elif known.region != job.region:
            raise row.wrong("bbox", f"the box of {known.where}, which names the same clip,")
        else:
            remarks.append(Remark(job.id, "left out", f"repeats {known.where}", job.where))
    wanted = {"test", "train"} if split == "all" else {split}
    order = {job.id: number for number, job in enumerate(jobs)}
    chosen = [job for job in jobs if job.file.partition("/")[0] in wanted]
    said = [remark for remark in remarks if split == "all" or _partition(remark, first, path) in wanted]
    return Listing(tuple(sorted(chosen, key=lambda job: order[job.id])), tuple(said))


def _test_first(path: Path, rows: Iterable[Row]) -> list[tuple[Row, ClipJob]]:
    pairs = [(row, _job(path, row)) for row in rows]
    return sorted(pairs, key=lambda pair: not pair[1].file.startswith("test/"))


def _partition(remark: Remark, first: dict[str, ClipJob], path: Path) -> str:
    return first[remark.clip].file.partition("/")[0] if remark.reason.startswith("repeats") else "train"


def _job(path: Path, row: Row) -> ClipJob:
    if "person_id" in row.cells:
        video, person = safe_name(row, "video_id"), safe_name(row, "person_id")
    else:
        video, _, person = safe_name(row, "video_id").partition("#")
        if not person:
            raise row.wrong("video_id", "<video>#<person>, or a column person_id")
    start, end = row.integer("start"), row.integer("end")
    if end <= start:
        raise row.wrong("end", f"a frame after start, {start}")
    name = f"{person}#{video}#{start:06d}#{end:06d}"
    partition = row.one_of("partition", ("train", "test"))
    return ClipJob(
        id=name,
        file=f"{partition}/{name}.mp4",
        identity=person,
        videos=(video,),
        window=Window(Fraction(start), Fraction(end), row.integer("fps", least=1)),
        region=MetadataBox(_box(row), row.integer("width", least=1), row.integer("height", least=1)),
        size=SIZE,
        where=f"{path.name} line {row.line}",
        url=watch_url(video),
        height=row.integer("height"),
    )


def _box(row: Row) -> Box:
    parts = row.text("bbox").split("-")
    if len(parts) != 4 or not all(map(is_number, parts)):
        raise row.wrong("bbox", "left-top-right-bottom in whole pixels")
    box = Box(*map(int, parts))
    if box.right <= box.left or box.bottom <= box.top:
        raise row.wrong("bbox", "right and bottom beyond left and top")
    return box
