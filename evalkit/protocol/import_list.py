"""Import published pair lists as protocols: FOMM's and DaGAN's CSV formats, with their authors' paths.

`fomm`: columns source and driving name whole clips; the source is the first frame (`distance` and `frame` are ignored,
as FOMM's own loader does). `dagan` (also MCNet): cells are paths on the authors' disks that end in `<clip>` or
`<clip>/<frame>.png`, in the columns source and driving, or source_frame and driving_video; `best_frame` or `anchor`
names the frame that relative motion starts at. Only the end of a path counts. In the imported list `<clip>@<frame>` is
one frame. Sources: github.com/AliaksandrSiarohin/first-order-model `frames_dataset.py`,
github.com/harlanhong/CVPR2022-DaGAN.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import yaml

from evalkit.base.csvfile import Row, is_number, read_rows
from evalkit.base.files import atomic_path, content_sha256
from evalkit.clips.kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from evalkit.errors import ProtocolError
from evalkit.types import Motion, Task

Format: TypeAlias = Literal["fomm", "dagan"]
FORMATS: tuple[Format, ...] = ("fomm", "dagan")
_METRICS = {
    "self_reenactment": ["l1", "psnr", "ssim", "csim[dlib]", "akd[dlib68]", "apd[landmark]", "aed[landmark]"],
    "cross_reenactment": ["csim[dlib]", "apd[landmark]", "aed[landmark]"],
}
_UNSAFE = frozenset('\\:*?"<>|\0')


@dataclass(frozen=True)
class Couple:
    """One row: names as the list of a protocol has them, and where it stood."""

    source: str
    driving: str
    anchor: str
    line: int


@dataclass(frozen=True)
class Imported:
    """A pair list, read. `repeated` and `mixed` rows are not among `couples`.

    `mixed` are the rows of the minority kind: couples of one identity in a list of cross-reenactment, or of two in
    one of self-reenactment.
    """

    path: Path
    task: Task
    couples: tuple[Couple, ...]
    repeated: tuple[Couple, ...]
    mixed: tuple[Couple, ...]

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return len(self.couples) + len(self.repeated) + len(self.mixed)


def read_pair_list(path: Path, form: Format, identity_of: Callable[[str], str]) -> Imported:
    """Read a list. `identity_of(clip)` tells couples of one person from those of two.

    Raises `ProtocolError` that names file, line and column.
    """
    couples = _read_dagan(path) if form == "dagan" else _read_fomm(path)
    if not couples:
        raise ProtocolError(f"{path}: holds no row.")
    same = {c.line for c in couples if _person(c.source, identity_of) == _person(c.driving, identity_of)}
    is_self = 2 * len(same) > len(couples)
    mixed = [couple for couple in couples if (couple.line in same) != is_self]
    first: dict[tuple[str, str, str], int] = {}
    for couple in couples:
        first.setdefault((couple.source, couple.driving, couple.anchor), couple.line)
    fitting = [couple for couple in couples if (couple.line in same) == is_self]
    firsts = set(first.values())
    return Imported(
        path=path,
        task="self_reenactment" if is_self else "cross_reenactment",
        couples=tuple(couple for couple in fitting if couple.line in firsts),
        repeated=tuple(couple for couple in fitting if couple.line not in firsts),
        mixed=tuple(mixed),
    )


def write_protocol(
    imported: Imported, folder: Path, name: str, dataset: str, resolution: int, motion: Motion = "absolute"
) -> Path:
    """Write `<name>.yaml` and `<name>.csv`, and return the first.

    Raises `ProtocolError` when either exists (a published protocol is superseded, not edited), and for relative motion
    of single frames that have no anchor: a frame does not move against itself.
    """
    _refuse_no_motion(imported, motion)
    paths = folder / f"{name}.yaml", folder / f"{name}.csv"
    for path in paths:
        if path.exists():
            raise ProtocolError(f"{path} exists. A protocol is never edited: choose another --id.")
    with atomic_path(paths[1]) as temporary:
        temporary.write_text(_list(imported), encoding="utf-8")
    with atomic_path(paths[0]) as temporary:
        content = _content(imported, name, dataset, resolution, motion)
        temporary.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")
    return paths[0]


def _read_fomm(path: Path) -> list[Couple]:
    rows = read_rows(path, ("source", "driving"), ProtocolError, short_rows=True)
    return [Couple(_name(row, "source", whole=True), _name(row, "driving", whole=True), "", row.line) for row in rows]


def _read_dagan(path: Path) -> list[Couple]:
    rows = read_rows(path, (), ProtocolError, short_rows=True)
    return [_dagan_row(row) for row in rows]


def _dagan_row(row: Row) -> Couple:
    source, driving = ("source_frame", "driving_video") if "source_frame" in row.cells else ("source", "driving")
    anchor = next((column for column in ("best_frame", "anchor") if row.cells.get(column)), None)
    return Couple(_name(row, source), _name(row, driving), _name(row, anchor) if anchor else "", row.line)


def _name(row: Row, column: str, whole: bool = False) -> str:
    """`<clip>` or `<clip>@<frame>` of a path, whatever folders come before."""
    parts = PurePosixPath(row.text(column).replace("\\", "/")).parts
    frame = ""
    if parts and PurePosixPath(parts[-1]).suffix.lower() in IMAGE_SUFFIXES and not whole:
        frame, parts = parts[-1], parts[:-1]
        if len(parts) > 1 and parts[-1] == "Image":
            parts = parts[:-1]
    clip = parts[-1] if parts else ""
    if clip.endswith(tuple(VIDEO_SUFFIXES)):
        clip = clip.rpartition(".")[0]
    if not clip or clip.startswith(".") or _UNSAFE & set(clip) or "/" in clip:
        raise row.wrong(column, "a path that ends in <clip> or <clip>/<frame>.png")
    number = PurePosixPath(frame).stem
    return f"{clip}@{int(number) if is_number(number) else frame}" if frame else clip


def _person(name: str, identity_of: Callable[[str], str]) -> str:
    return identity_of(name.rpartition("@")[0] or name)


def _list(imported: Imported) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    anchored = any(couple.anchor for couple in imported.couples)
    writer.writerow(["source", "driving", "anchor"] if anchored else ["source", "driving"])
    for couple in imported.couples:
        writer.writerow([couple.source, couple.driving, couple.anchor] if anchored else [couple.source, couple.driving])
    return text.getvalue()


def _refuse_no_motion(imported: Imported, motion: Motion) -> None:
    for couple in imported.couples if motion == "relative" else ():
        if "@" in couple.driving and not couple.anchor:
            raise ProtocolError(
                f"{imported.path} line {couple.line}: relative motion of the single frame {couple.driving} needs an "
                "anchor (a column best_frame or anchor). Import it with --motion absolute."
            )


def _content(imported: Imported, name: str, dataset: str, resolution: int, motion: Motion) -> dict[str, object]:
    return {
        "id": name,
        "title": f"{imported.path.stem}, imported",
        "description": f"{len(imported.couples)} of the {imported.rows} rows of {imported.path.name} "
        f"(sha256 {content_sha256(imported.path)}).",
        "task": imported.task,
        "dataset": dataset,
        "pairs": {"rule": "list", "list": f"{name}.csv"},
        "motion": motion,
        "resolution": resolution,
        "metrics": _METRICS[imported.task],
        "assumptions": _assumptions(imported, motion),
        "licence": "that of the imported list; do not pass it on without asking its authors",
    }


def _assumptions(imported: Imported, motion: Motion) -> list[str]:
    other = "one identity" if imported.task == "cross_reenactment" else "two identities"
    said = [f"Motion and metrics are not part of the list: {motion} was asked for, and the metrics are evalkit's own."]
    if imported.repeated:
        said.append(
            f"{len(imported.repeated)} rows that repeat an earlier one are left out: {_lines(imported.repeated)}."
        )
    if imported.mixed:
        said.append(f"{len(imported.mixed)} rows couple clips of {other} and are left out: {_lines(imported.mixed)}.")
    if any(couple.anchor for couple in imported.couples):
        use = "starts at" if motion == "relative" else "would start at; absolute motion does not use"
        said.append(f"Relative motion {use} the frame in the column anchor.")
    if any("@" in couple.driving for couple in imported.couples):
        said.append("A number after @ counts frames of the clip from 0, in the order of their file names.")
    return said


def _lines(couples: tuple[Couple, ...]) -> str:
    return "line " + ", ".join(str(couple.line) for couple in couples)
