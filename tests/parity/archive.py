"""Fixtures as archives: the same bytes from the same files, and unpacked without trusting what is in them.

Members are stored, not compressed, because the bytes of a compressed one depend on the release of zlib.
"""

import hashlib
import stat
import zipfile
from pathlib import Path, PurePosixPath

from evalkit.base.files import atomic_folder, atomic_path
from tests.parity.fixture import FixtureError

_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_BLOCK = 1 << 20


def pack_folder(folder: Path, archive: Path) -> None:
    """Write the files of `folder` (no folders in it, nothing hidden) to a zip, by name, without dates or owners."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    odd = [path.name for path in files if path.is_symlink() or not path.is_file()]
    if odd:
        raise FixtureError(f"{folder}: a fixture holds files only; {', '.join(odd)} is none")
    with atomic_path(archive) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as zipped:
        for path in files:
            member = zipfile.ZipInfo(path.name, _DATE)
            member.create_system, member.external_attr = _UNIX, (stat.S_IFREG | 0o644) << 16
            zipped.writestr(member, path.read_bytes())


def unpack(archive: Path, folder: Path, most_bytes: int) -> None:
    """Unpack an archive to `folder`, which must not be there; all of it or nothing.

    Raises `FixtureError` for a damaged archive, and for one with a member that would lie outside `folder`, is a link,
    comes twice, or with more than `most_bytes` in all.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = zipped.infolist()
            _refuse(archive, members, most_bytes)
            with atomic_folder(folder) as temporary:
                for member in members:
                    (temporary / member.filename).write_bytes(_content(zipped, member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise FixtureError(f"{archive}: damaged ({error})") from error


def file_sha256(path: Path) -> str:
    """sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _refuse(archive: Path, members: list[zipfile.ZipInfo], most_bytes: int) -> None:
    names = [member.filename for member in members]
    for member in members:
        name = member.filename
        plain = PurePosixPath(name).name == name and "\\" not in name and name not in ("", ".", "..")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if not plain or kind not in (0, stat.S_IFREG):
            raise FixtureError(f"{archive}: the member {name!r} is no plain file of the fixture's own folder")
        if names.count(name) > 1:
            raise FixtureError(f"{archive}: the member {name!r} comes twice")
    if sum(member.file_size for member in members) > most_bytes:
        raise FixtureError(f"{archive}: it holds more than the {most_bytes} bytes that the manifest says")


def _content(zipped: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # The size in the directory may lie; no more than it says is read.
    with zipped.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} is not as long as the archive says")
    return content
