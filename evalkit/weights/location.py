"""Where weight files lie on this machine, and whether they are the bytes they should be.

Files are looked for by name in the folders of `$EVALKIT_WEIGHTS` and then in `weights` of the cache folder. A digest is
computed once and remembered under path, size and time of change, so that no process hashes the same file again.
"""

import os
from pathlib import Path

from evalkit.cache import cache_dir
from evalkit.errors import WeightsError
from evalkit.files import atomic_path, canonical_sha256, content_sha256
from evalkit.weights.catalogue import WeightFile, find


def cache_folder() -> Path:
    """Where `evalkit weights fetch` puts files."""
    return cache_dir() / "weights"


def search_folders() -> list[Path]:
    """The folders of `$EVALKIT_WEIGHTS`, then the cache folder."""
    extra = os.environ.get("EVALKIT_WEIGHTS", "").split(os.pathsep)
    return [*(Path(folder).expanduser() for folder in extra if folder), cache_folder()]


def candidates(entry: WeightFile) -> list[Path]:
    """Files that bear one of the names of `entry`, whatever they hold, in the order they are looked at."""
    names = (entry.file, *entry.aliases)
    paths = [folder / name for folder in search_folders() for name in names]
    return [path for path in paths if path.is_file()]


def digest(path: Path, *, fresh: bool = False) -> str:
    """sha256 of a file, remembered as long as its size and time of change stay; `fresh` computes it anyway."""
    stamp = path.stat()
    identity = [str(path.resolve()), stamp.st_size, stamp.st_mtime_ns]
    memory = cache_folder() / "digests" / canonical_sha256(identity)
    if not fresh and memory.is_file() and len(known := memory.read_text(encoding="ascii")) == 64:
        return known
    computed = content_sha256(path)
    with atomic_path(memory) as temporary:
        temporary.write_text(computed, encoding="ascii")
    return computed


def locate(name: str) -> Path:
    """The file of the network called `name`; "$VARIABLE" is the file an environment variable names, whatever it holds.

    Raises `UnknownNameError` for a name that is not in the catalogue, and `WeightsError` when no file is there or none
    has the right digest; the message names the command that fetches it.
    """
    if name.startswith("$"):
        return _named_by(name[1:])
    entry = find(name)
    wrong: list[tuple[Path, str]] = []
    for path in candidates(entry):
        if (found := digest(path)) == entry.sha256:
            return path
        wrong.append((path, found))
    if wrong:
        path, found = wrong[0]
        raise WeightsError(
            f"{path} is not {name!r}: expected sha256 {entry.sha256}, got {found} ({path.stat().st_size} bytes"
            + (f", expected {entry.bytes}" if entry.bytes else "")
            + f"). Remove it, then: {obtain_command(name)}"
        )
    raise WeightsError(f"The weights {name!r} ({entry.file}) are not here. Get them with: {obtain_command(name)}")


def obtain_command(*names: str) -> str:
    """The command that fetches these weights, or imports the file of one that is published nowhere as it is."""
    entries = [find(name) for name in names]
    unpublished = [entry for entry in entries if not (entry.urls or entry.archive)]
    if unpublished:
        return "; ".join(f"evalkit weights import {entry.name} {entry.file}" for entry in unpublished)
    accept = " --accept-licence" if any(entry.non_commercial for entry in entries) else ""
    return f"evalkit weights fetch {' '.join(names)}{accept}"


def _named_by(variable: str) -> Path:
    path = Path(os.environ.get(variable, "")).expanduser()
    if not path.is_file():
        found = f"it names {path}, which is no file" if os.environ.get(variable) else "it is not set"
        raise WeightsError(f"Set ${variable} to the network file to use: {found}.")
    return path
