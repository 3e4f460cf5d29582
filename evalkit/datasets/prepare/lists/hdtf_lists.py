"""HDTF's lists: for each of RD, WDA and WRA `_video_url`, `_annotion_time`, `_resolution` and `_crop_wh`.

    RD_video_url.txt        Radio1 https://www.youtube.com/watch?v=...
    RD_annotion_time.txt    Radio1.mp4 00:20-01:35 [more intervals]
    RD_resolution.txt       Radio1.mp4 720
    RD_crop_wh.txt          Radio1_0.mp4 x width y height
    RD_crop_ratio.txt       Radio1_0.mp4 1.2

Boxes belong to frames of the listed height; on another rendition of the same video they are scaled, and the report says
so. Or the box is detected again in whatever was downloaded, and enlarged by the ratio: the two ways that HDTF's README
names. Source: github.com/MRzzm/HDTF.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evalkit.base.csvfile import Row
from evalkit.datasets.prepare.jobs import Box, ClipJob, FaceWindow, Listing, Remark, Window
from evalkit.datasets.prepare.names import safe_name, video_id_of, watch_url
from evalkit.datasets.prepare.textfile import read_lines
from evalkit.errors import DatasetError, VideoError

SIZE = 512
SUBSETS = ("RD", "WDA", "WRA")
_INTERVAL = re.compile(r"(\d+):(\d\d)-(\d+):(\d\d)")


@dataclass(frozen=True)
class ReferenceBox:
    """A box in frames of `rows` rows."""

    box: Box
    rows: int

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        left, top, right, bottom = (round(side * height / self.rows) for side in self.box)
        box = Box(left, top, right, bottom)
        if not box.inside(width, height):
            raise VideoError(
                f"the box {left}-{top}-{right}-{bottom} leaves the {width}x{height} frame; the list is made for "
                f"{self.rows} rows. --redetect finds the face in the video itself"
            )
        return box, "" if height == self.rows else f"the video has {height} rows, the list {self.rows}; box scaled"


@dataclass(frozen=True)
class _Subset:
    """The lists of one subset by name; `ratios` is None when boxes come from `crops`."""

    urls: dict[str, tuple[Row, str]]
    times: dict[str, Row]
    heights: dict[str, Row]
    crops: dict[str, Row]
    ratios: dict[str, Row] | None


def read_lists(folder: Path, redetect: bool = False) -> Listing:
    """Jobs for every interval with a crop, or with `redetect` a ratio; other intervals and videos become remarks."""
    jobs: list[ClipJob] = []
    remarks: list[Remark] = []
    for subset in SUBSETS:
        lists = _read_subset(folder, subset, redetect, remarks)
        for name, (url_row, url) in lists.urls.items():
            label = f"{subset}_{name}"
            if name not in lists.times:
                remarks.append(Remark(label, "left out", "no interval in the list", _where(url_row)))
                continue
            for number, interval in enumerate(lists.times[name].cells["intervals"].split()):
                made = _clip(label, name, number, interval, lists, url)
                (jobs if isinstance(made, ClipJob) else remarks).append(made)  # type: ignore[arg-type]
    return Listing(tuple(jobs), tuple(remarks))


def _clip(label: str, name: str, number: int, interval: str, lists: _Subset, url: str) -> ClipJob | Remark:
    times = lists.times[name]
    identifier, clip = f"{label}_{number:03d}", f"{name}_{number}"
    found = _listed(clip, name, lists) if lists.ratios is None else _ratio(clip, lists.ratios)
    if isinstance(found, str):
        return Remark(identifier, "left out", found, _where(times))
    region, row = found
    start, end = _seconds(times, interval)
    video = video_id_of(url)
    return ClipJob(
        id=identifier,
        file=f"{identifier}.mp4",
        identity=identity_of(identifier),
        videos=(label, name, *([video] if video else [])),
        window=Window(Fraction(start), Fraction(end), 1),
        region=region,
        size=SIZE,
        where=_where(row),
        url=watch_url(video) if video else url,
        height=region.rows if isinstance(region, ReferenceBox) else None,
    )


def _listed(clip: str, name: str, lists: _Subset) -> tuple[ReferenceBox, Row] | str:
    """The box of a clip with its row, or why it has none."""
    crop, heights = lists.crops.get(clip), lists.heights.get(name)
    if crop is None:
        return "no crop in the list"
    rows = heights.integer("height") if heights else 0
    if rows == 0:
        return "the list knows no resolution for its box"
    x, width, y, height = (crop.integer(column) for column in ("x", "width", "y", "height"))
    if width != height or not width:
        raise crop.wrong("height", f"the width, {width}, and more than 0: crops are square")
    return ReferenceBox(Box(x, y, x + width, y + height), rows), crop


def _ratio(clip: str, ratios: dict[str, Row]) -> tuple[FaceWindow, Row] | str:
    row = ratios.get(clip)
    if row is None:
        return "no crop ratio in the list"
    try:
        ratio = float(row.text("ratio"))
    except ValueError:
        ratio = 0.0
    if not 0 < ratio < 10:
        raise row.wrong("ratio", "a number above 0 and below 10")
    return FaceWindow(ratio), row


def identity_of(clip: str) -> str:
    """The person in a clip such as `WDA_EdMarkey1_000`: the name without its number; every RD video is its own."""
    subset, _, rest = clip.partition("_")
    name = rest.rpartition("_")[0]
    return f"{subset}_{name}" if subset == "RD" else name.rstrip("0123456789")


def _read_subset(folder: Path, subset: str, redetect: bool, remarks: list[Remark]) -> _Subset:
    def read(kind: str, columns: tuple[str, ...], last_takes_rest: bool = False) -> dict[str, Row]:
        rows, repeated = _read(folder / f"{subset}_{kind}.txt", columns, last_takes_rest)
        remarks.extend(Remark(f"{subset}_{name}", "left out", f"repeats {of}", line) for name, of, line in repeated)
        return rows

    urls = read("video_url", ("name", "url"))
    times = read("annotion_time", ("name", "intervals"), last_takes_rest=True)
    ratios = read("crop_ratio", ("name", "ratio")) if redetect else None
    heights = {} if redetect else read("resolution", ("name", "height"))
    crops = {} if redetect else read("crop_wh", ("name", "x", "width", "y", "height"))
    addresses = {name: (row, row.text("url")) for name, row in urls.items()}
    return _Subset(addresses, times, heights, crops, ratios)


def _read(
    path: Path, columns: tuple[str, ...], last_takes_rest: bool
) -> tuple[dict[str, Row], list[tuple[str, str, str]]]:
    """Rows by name without `.mp4`, and lines that say the same again. A name with two contents is an error."""
    found: dict[str, Row] = {}
    repeated: list[tuple[str, str, str]] = []
    for number, line in read_lines(path):
        parts = line.split(maxsplit=len(columns) - 1) if last_takes_rest else line.split()
        if len(parts) != len(columns):
            raise DatasetError(
                f"{path} line {number}: expected {len(columns)} columns ({', '.join(columns)}), got {len(parts)}."
            )
        row = Row(path, number, dict(zip(columns, parts, strict=True)), DatasetError)
        name = safe_name(row, "name").removesuffix(".mp4")
        first = found.setdefault(name, row)
        if first is not row and first.cells == row.cells:
            repeated.append((name, _where(first), _where(row)))
        elif first is not row:
            raise row.wrong("name", f"every name once, line {first.line} says something else of it,")
    return found, repeated


def _seconds(row: Row, interval: str) -> tuple[int, int]:
    found = _INTERVAL.fullmatch(interval)
    if not found:
        raise row.wrong("intervals", "mm:ss-mm:ss, separated by spaces")
    first, second, third, fourth = map(int, found.groups())
    start, end = 60 * first + second, 60 * third + fourth
    if end <= start:
        raise row.wrong("intervals", "intervals that end after they start")
    return start, end


def _where(row: Row) -> str:
    return f"{row.path.name} line {row.line}"
