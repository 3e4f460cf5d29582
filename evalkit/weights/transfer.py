"""Obtain weight files: resumable downloads from several addresses, zip members, files of the hub, local files.

Whatever the way, a file is moved to its place only after its sha256 was found right, where one is pinned.
"""

import contextlib
import http.client
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evalkit.base.files import atomic_path, content_sha256
from evalkit.errors import WeightsError
from evalkit.weights.entry import WeightFile, find
from evalkit.weights.location import cache_folder, locate, package_note, wrong_file

Progress = Callable[[int, int | None], None]
"""Called with the bytes present so far and the size of the whole, where known."""

_BLOCK = 1 << 18
_TIMEOUT_S = 60.0
_HUB = "hf://"
_FAILURES = (OSError, ValueError, KeyError, zipfile.BadZipFile, http.client.HTTPException, WeightsError)


def fetch(name: str, *, accept_licence: bool = False, progress: Progress | None = None) -> Path:
    """The file called `name`, downloaded unless it is here already.

    An interrupted download is resumed. Every address is tried before giving up.

    Raises `WeightsError` when the licence of a non-commercial file was not accepted, when no address gave a file with
    the right digest, or when the file is published nowhere.
    """
    entry = find(name)
    with contextlib.suppress(WeightsError):
        return locate(name)
    if entry.non_commercial and not accept_licence:
        raise WeightsError(
            f"{name} is not free for every use: {entry.licence} ({entry.source}). "
            f"If you may use it, repeat with --accept-licence."
        )
    if not entry.urls and entry.archive is None:
        note = package_note(name) or "Import it if you have it"
        raise WeightsError(f"{name} is published nowhere as one file: {entry.source}. {note}.")
    failures: list[str] = []
    for url, attempt in _ways(entry, progress or _silent):
        try:
            attempt()
            return _in_cache(entry)
        except _FAILURES as error:
            failures.append(f"{url}: {error}")
    note = f". {note}" if (note := package_note(name)) else ""
    raise WeightsError(f"{name} could not be fetched. {'; '.join(failures)}{note}")


def import_file(name: str, path: Path) -> Path:
    """Copy a file at hand (or the member of its zip) to the cache. Raises `WeightsError` if it is not the right one."""
    entry = find(name)
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    if entry.archive and path.suffix == ".zip" and zipfile.is_zipfile(path):
        _extract(entry, path)
    else:
        _place(entry, path)
    return _in_cache(entry)


def _ways(entry: WeightFile, progress: Progress) -> Iterator[tuple[str, Callable[[], None]]]:
    for url in entry.urls:
        yield url, lambda url=url: _fetch_file(entry, url, progress)  # type: ignore[misc]
    if entry.archive is not None:
        for url in entry.archive.urls:
            yield url, lambda url=url: _fetch_member(entry, url, progress)  # type: ignore[misc]


def _fetch_file(entry: WeightFile, url: str, progress: Progress) -> None:
    if url.startswith(_HUB):
        _fetch_from_hub(entry, url)
    else:
        _retrieve(url, entry.file, entry.sha256, progress)


def _fetch_from_hub(entry: WeightFile, address: str) -> None:
    from huggingface_hub import hf_hub_download

    owner, repository, path = address.removeprefix(_HUB).split("/", 2)
    folder = cache_folder() / f".hub.{entry.name}"  # a stopped download stays there, and the next one goes on with it
    downloaded = Path(hf_hub_download(f"{owner}/{repository}", path, local_dir=folder))
    try:
        _place(entry, downloaded)
    finally:
        shutil.rmtree(folder)


def _fetch_member(entry: WeightFile, url: str, progress: Progress) -> None:
    assert entry.archive is not None
    archive = _retrieve(url, entry.archive.file, entry.archive.sha256, progress)
    _extract(entry, archive)
    archive.unlink()


def _extract(entry: WeightFile, archive: Path) -> None:
    assert entry.archive is not None
    with zipfile.ZipFile(archive) as zipped, tempfile.TemporaryDirectory() as folder:
        _place(entry, Path(zipped.extract(entry.archive.member, folder)))


def _place(entry: WeightFile, path: Path) -> None:
    if not entry.accepts(found := content_sha256(path)):
        raise WeightsError(wrong_file(entry, path, found))
    with atomic_path(_in_cache(entry)) as temporary:
        shutil.copyfile(path, temporary)


def _in_cache(entry: WeightFile) -> Path:
    return cache_folder() / entry.file


def _retrieve(url: str, file: str, sha256: str | None, progress: Progress) -> Path:
    """Download to the cache folder through pooch, which checks the digest and renames when it is right."""
    import pooch

    pooch.get_logger().setLevel("ERROR")
    partial = cache_folder() / f"{file}.partial"

    def download(url: str, output: str, _: Any) -> None:
        _resume(url, partial, progress)
        shutil.move(partial, output)

    known = sha256 and f"sha256:{sha256}"
    return Path(pooch.retrieve(url, known, fname=file, path=cache_folder(), downloader=download))


def _resume(url: str, partial: Path, progress: Progress) -> None:
    """Append to `partial` what is missing; a server that ignores the range makes it start again."""
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "evalkit", "Range": f"bytes={have}-"})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:
            raise
        partial.unlink()  # as long as the file or longer: whole but never moved, or rubbish of another address
        return _resume(url, partial, progress)
    with response, partial.open("ab" if getattr(response, "status", None) == 206 else "wb") as output:
        length = response.headers.get("Content-Length")
        whole = output.tell() + int(length) if length else None
        while block := response.read(_BLOCK):
            output.write(block)
            progress(output.tell(), whole)
        if whole is not None and output.tell() < whole:
            raise OSError(f"the connection ended after {output.tell()} of {whole} bytes; repeat to go on")


def _silent(done: int, whole: int | None) -> None:
    """Progress nobody watches."""
