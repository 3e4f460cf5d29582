"""Where weight files lie on this machine, and whether they are the bytes they should be.

Files are looked for by name in the folders of `$EVALKIT_WEIGHTS` and then in `weights` of the cache folder. A digest is
computed once and remembered under path, size and time of change, so that no process hashes the same file again.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from evalkit.cache import cache_dir
from evalkit.errors import WeightsError
from evalkit.files import atomic_path, canonical_sha256, content_sha256
from evalkit.weights.entry import WeightFile, find


def cache_folder() -> Path:
    """Where `evalkit weights fetch` puts files."""
    return cache_dir() / "weights"


def search_folders() -> list[Path]:
    """The folders of `$EVALKIT_WEIGHTS`, then the cache folder."""
    extra = os.environ.get("EVALKIT_WEIGHTS", "").split(os.pathsep)
    # Unlike Path.expanduser, this leaves "~nobody" as it is: a folder that is not there.
    return [*(Path(os.path.expanduser(folder)) for folder in extra if folder), cache_folder()]  # noqa: PTH111


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
    # Without a cache folder to remember it in, it is computed again next time.
    with contextlib.suppress(OSError), atomic_path(memory) as temporary:
        temporary.write_text(computed, encoding="ascii")
    return computed


def short_digest(name: str) -> str:
    """First eight digits of what a network's output depends on: the pinned digest, else that of the file here.

    "absent" when there is neither. "$VARIABLE" is the file an environment variable names.
    """
    if not name.startswith("$") and find(name).sha256:
        return find(name).short
    path = _right_file(name)
    return digest(path)[:8] if path else "absent"


def locate(name: str) -> Path:
    """The file of the network called `name`; "$VARIABLE" is the file an environment variable names, whatever it holds.

    Raises `UnknownNameError` for a name that is not in the catalogue, and `WeightsError` when no file is there or none
    has the right digest; the message names the command that fetches it.
    """
    path = _right_file(name)
    if path is None:
        raise WeightsError(_remedy([name]))
    return path


def missing(names: Iterable[str]) -> str | None:
    """Which of the weights called `names` are absent or wrong, and the commands that help; None if all are here."""
    absent, wrong = [], []
    for name in dict.fromkeys(names):
        try:
            absent += [name] if _right_file(name) is None else []
        except WeightsError as error:
            wrong.append(str(error))
    return " ".join([*([_remedy(absent)] if absent else []), *wrong]) or None


def obtain_command(*names: str) -> str:
    """The command that fetches these weights; for one that is published nowhere as it is, the one that imports it."""
    entries = [find(name) for name in names]
    published = [entry for entry in entries if entry.urls or entry.archive]
    commands = [f"evalkit weights import {e.name} {e.file}" for e in entries if e not in published]
    if published:
        accept = " --accept-licence" if any(entry.non_commercial for entry in published) else ""
        commands.insert(0, f"evalkit weights fetch {' '.join(entry.name for entry in published)}{accept}")
    return " && ".join(commands)


def _right_file(name: str) -> Path | None:
    """The file, None when there is none; raises `WeightsError` when there are only wrong ones."""
    if name.startswith("$"):
        path = Path(os.environ.get(name[1:]) or ".").expanduser()
        return path if path.is_file() else None
    entry = find(name)
    wrong: list[tuple[Path, str]] = []
    for path in candidates(entry):
        if entry.accepts(found := digest(path)):
            return path
        wrong.append((path, found))
    if not wrong:
        return None
    raise WeightsError(wrong_file(entry, *wrong[0]) + f" Remove it, then: {obtain_command(name)}")


def wrong_file(entry: WeightFile, path: Path, found: str) -> str:
    """What is wrong with a file whose digest is not that of `entry`."""
    size = f"{path.stat().st_size} bytes" + (f", expected {entry.bytes}" if entry.bytes else "")
    return f"{path} is not {entry.name!r}: expected sha256 {entry.sha256}, got {found} ({size})."


def _remedy(absent: Sequence[str]) -> str:
    variables = [f"Set {name} to the network file to use." for name in absent if name.startswith("$")]
    files = [name for name in absent if not name.startswith("$")]
    if files:
        wanted = ", ".join(find(name).file for name in files)
        variables.append(f"Needed: {wanted}. Get them with: {obtain_command(*files)}")
    return " ".join(variables)
