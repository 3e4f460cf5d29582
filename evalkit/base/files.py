"""Files that are whole or absent: atomic writes, digests, canonical JSON."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError

_BLOCK = 1 << 20
_HEAD = 24
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_ABOUT_WRITING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that becomes `path` when the block ends well and is removed when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{_head(path)}.", suffix=f".tmp{path.suffix}")
    os.close(handle)
    temporary = Path(name)
    try:
        with _naming(path, _ABOUT_WRITING):
            yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that becomes `path` when the block ends well and is removed when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{_head(path)}.", suffix=".tmp"))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _naming(path: Path, numbers: Collection[int] | None = None) -> Iterator[None]:
    """Name the file in errors (with one of `numbers`) that say of none: reading and writing an open file does not."""
    try:
        yield
    except OSError as error:
        if error.filename is None and (numbers is None or error.errno in numbers):
            error.filename = str(path)
        raise


def _head(path: Path) -> str:
    """The beginning of a name, so that one as long as the file system allows has room for what is added."""
    return path.stem[:_HEAD]


def write_text(path: Path, text: str) -> None:
    """Write a text file, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically. NaN and infinity are refused: a missing value is null."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Parse a JSON file. Raises `EvalkitError` for a pipe, socket or device."""
    refuse_special(path)
    return json.loads(path.read_text(encoding="utf-8"))


def refuse_special(path: Path) -> None:
    """Raise `EvalkitError` for a pipe, socket or device. A missing or unreadable path is not refused."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise EvalkitError(f"{path}: a pipe, socket or device. Only files and folders can be read; remove it.")


def canonical_sha256(content: Any) -> str:
    """sha256 of `content` as JSON with sorted keys and no white space, so that layout never changes a hash."""
    # Names of files need not be UTF-8.
    return hashlib.sha256(_CANONICAL.encode(content).encode("utf-8", "surrogateescape")).hexdigest()


def folder_sha256(folder: Path, members: Iterable[Path]) -> str:
    """sha256 of the names and bytes of these files of a folder, in their order."""
    return canonical_sha256([[one.relative_to(folder).as_posix(), content_sha256(one)] for one in members])


def content_sha256(path: Path) -> str:
    """sha256 of a file's bytes, or of a folder's file names and bytes in name order.

    Raises `EvalkitError` for a pipe, socket or device: reading one may never end.
    """
    if path.is_dir():
        members = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return folder_sha256(path, members)
    refuse_special(path)
    digest = hashlib.sha256()
    with _naming(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
