"""What has been prepared in a root: `prepare.jsonl`, one line per event, from which `manifest.csv` is made.

A clip is begun before it is written and done as soon as it is whole, by the process that made it, so a kill or a full
disk loses only the clips that were being written; one that was begun and not done is made again. Lines are only ever
added, and nothing is written when nothing changed.
"""

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from evalkit.base.files import atomic_path
from evalkit.base.validation import explain_invalid
from evalkit.datasets.prepare.jobs import ClipJob
from evalkit.errors import DatasetError

JOURNAL, MANIFEST = "prepare.jsonl", "manifest.csv"
_COLUMNS = ("id", "kind", "file", "identity", "frames", "width", "height", "fps", "sha256", "video")


def _inside(file: str) -> str:
    if Path(file).is_absolute() or ".." in Path(file).parts or "\0" in file:
        raise ValueError("expected a path inside the root")
    return file


_File = Annotated[str, AfterValidator(_inside)]
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


@checked_dataclass(frozen=True, config=_STRICT)
class Entry:
    """A clip that is done. `digest` is that of its job; `stamp` tells a touched file."""

    id: str
    digest: str
    file: _File
    identity: str
    frames: int
    width: int
    height: int
    fps: float
    sha256: str
    video: str
    notes: tuple[str, ...]
    images: bool
    stamp: tuple[int, ...]


@checked_dataclass(frozen=True, config=_STRICT)
class _Done:
    done: Entry


@checked_dataclass(frozen=True, config=_STRICT)
class _Begun:
    begun: str
    file: _File


_EVENT: TypeAdapter[_Done | _Begun] = TypeAdapter(_Done | _Begun)


class Journal:
    """The journal of one root. Raises `DatasetError` for a damaged one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.done: dict[str, Entry] = {}
        self.begun: dict[str, str] = {}
        self._path = root / JOURNAL
        if self._path.is_file():
            for number, line in enumerate(self._path.read_bytes().split(b"\n"), 1):
                self._replay(number, line)

    def begin(self, jobs: Iterable[ClipJob]) -> None:
        """Note that these clips are about to be written."""
        new = {job.id: job.file for job in jobs if self.begun.get(job.id) != job.file}
        _append(self._path, [{"begun": name, "file": file} for name, file in new.items()])
        self.begun |= new

    def learn(self, entries: Iterable[Entry]) -> None:
        """Add clips that `note_done` has recorded."""
        for entry in entries:
            self.done[entry.id] = entry
            self.begun.pop(entry.id, None)

    def write_manifest(self) -> Path:
        """`manifest.csv` of all clips that are done and still there; an unchanged one is not touched."""
        rows = [entry for _, entry in sorted(self.done.items()) if (self.root / entry.file).exists()]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for entry in rows:
            cells = asdict(entry) | {"kind": "clip", "fps": f"{entry.fps:g}"}
            writer.writerow([cells[column] for column in _COLUMNS])
        return write_if_new(self.root / MANIFEST, text.getvalue())

    def _replay(self, number: int, line: bytes) -> None:
        try:
            event = json.loads(line.decode())
        except (ValueError, RecursionError):
            return  # cut short when the machine stopped: its clip is made again
        try:
            # Through JSON, whose arrays a strict type takes for tuples.
            found = _EVENT.validate_json(json.dumps(event))
        except ValidationError as error:
            where = f"{self._path} line {number}"
            raise DatasetError(f"{explain_invalid(where, error, Entry)}. Delete the line.") from error
        if isinstance(found, _Done):
            self.done[found.done.id] = found.done
            self.begun.pop(found.done.id, None)
        else:
            self.begun[found.begun] = found.file
            self.done.pop(found.begun, None)


def note_done(root: Path, entry: Entry) -> None:
    """Record that a clip is done; any process may call it. Raises `OSError` when it cannot be written."""
    _append(root / JOURNAL, [{"done": asdict(entry)}])


@contextmanager
def sole_use(root: Path) -> Iterator[None]:
    """Keep a second `prepare` out of a root; a lock of the system, gone with the process. Raises `DatasetError`."""
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetError(f"{root}: another `evalkit data prepare` works in it. Wait for it to end.") from None
        yield
    finally:
        os.close(handle)


def _append(path: Path, events: Sequence[dict[str, Any]]) -> None:
    """Add whole lines or none."""
    if not events:
        return
    text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        waiting = (b"" if file.read(1) in (b"", b"\n") else b"\n") + text.encode()
        try:
            while waiting:
                waiting = waiting[file.write(waiting) :]
        except OSError:
            file.truncate(size)
            raise


def stamp_of(path: Path) -> tuple[int, ...]:
    """Changes when a file, or the list of names in a folder, does."""
    found = path.stat()
    return (found.st_mtime_ns,) if path.is_dir() else (found.st_mtime_ns, found.st_size)


def write_if_new(path: Path, text: str) -> Path:
    """Write a text file unless it says that already."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return path
