"""The files of a stranger's run folder, looked at before any of them is opened."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.text import is_one_part

_RECORD_BYTES = 64 << 20
"""Records of a run with 100,000 pairs are smaller."""
_MOST_PROBLEMS = 5
_NAMES = {"run.json", "summary.json", "clips.parquet", "frames.parquet"}
_OTHERS = {"outcomes.parquet", "contact_sheet.png", "log.jsonl", "trace.jsonl", "progress.json", ".lock"}
_FOLDERS = {"pairs", "generated"}


@dataclass(frozen=True)
class Limits:
    """How large a submission may be: bytes of one file, of all together, and the number of files."""

    file_bytes: int = 2 << 30
    total_bytes: int = 100 << 30
    files: int = 1_000_000


DEFAULTS = Limits()


def problems(folder: Path, limits: Limits) -> list[str]:
    """What keeps the files of a run folder from being read, the first five; empty if nothing does.

    Links are refused wherever they lead: what they name may change between the check and the reading. So are pipes and
    devices, which may never end, files that no run has, and files larger than `limits` or, for records, than 64 MiB.
    """
    if folder.is_symlink() or not folder.is_dir():
        return [f"{folder} is not a folder"]
    found = [f"{name} is missing" for name in sorted(_NAMES) if not (folder / name).exists()]
    total = count = 0
    for path, status in _members(folder):
        name = path.relative_to(folder)
        if wrong := _wrong(name, status, limits):
            found.append(f"{name} {wrong}")
        total, count = total + status.st_size, count + 1
        if count > limits.files:
            found.append(f"more than {limits.files} files")
        if total > limits.total_bytes:
            found.append(f"more than {limits.total_bytes} bytes in all")
        if len(found) >= _MOST_PROBLEMS or count > limits.files or total > limits.total_bytes:
            break
    return found[:_MOST_PROBLEMS]


def _members(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All files below a folder; no link is followed."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _members(Path(entry.path))
            else:
                yield Path(entry.path), entry.stat(follow_symlinks=False)


def _wrong(name: Path, status: os.stat_result, limits: Limits) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is a pipe, socket or device"
    top = name.parts[0]
    if (top not in _FOLDERS and len(name.parts) > 1) or (len(name.parts) == 1 and top not in _NAMES | _OTHERS):
        return "is not a file of a run"
    if top == "pairs" and (len(name.parts) != 2 or name.suffix not in (".json", ".parquet")):
        return "is not a record of a pair"
    if not all(map(is_one_part, name.parts)) and top not in _OTHERS:
        return "has a name that no clip has"
    most = limits.file_bytes if top == "generated" else min(_RECORD_BYTES, limits.file_bytes)
    if top == "frames.parquet":
        most = limits.file_bytes
    return f"has {status.st_size} bytes, {most} are allowed" if status.st_size > most else ""
