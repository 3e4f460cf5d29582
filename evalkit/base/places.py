"""Locations on disk: the cache, and protocols, baselines and leaderboards.

These are beside the package in a checkout, inside it in a wheel.
"""

import os
import tempfile
from pathlib import Path

from evalkit.errors import EvalkitError

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_dir(name: str) -> Path:
    """The folder of `name` ("protocols", "baselines" or "leaderboards").

    A checkout keeps them at the top level; the wheel installs `baselines` as a package beside `evalkit` and the data
    folders under `evalkit/_resources`.
    """
    candidates = (_PACKAGE.parent / name, _PACKAGE / "_resources" / name)
    for folder in candidates:
        if folder.is_dir():
            return folder
    places = " or ".join(str(folder) for folder in candidates)
    raise FileNotFoundError(f"evalkit is installed without its {name!r} folder (looked for {places}); reinstall it")


def at_home(path: str | Path) -> Path:
    """`path` with `~` as the home folder it stands for. What stands for none, as `~nobody`, stays: it is not there."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError


def is_checkout() -> bool:
    """Whether evalkit runs from a clone or an unpacked source archive; an installed package is never written into."""
    return (_PACKAGE.parent / "pyproject.toml").is_file() and (_PACKAGE.parent / "leaderboards").is_dir()


def readable_leaderboards() -> Path:
    """Where leaderboards are read: the checkout's, else `./leaderboards` if there is one, else the installed ones."""
    own = Path("leaderboards")
    return own if not is_checkout() and own.is_dir() else resource_dir("leaderboards")


def writable_leaderboards() -> Path:
    """Where leaderboards are written: the checkout's, else `./leaderboards`, which need not exist yet."""
    return resource_dir("leaderboards") if is_checkout() else Path("leaderboards")


def cache_dir() -> Path:
    """`$EVALKIT_CACHE`, else `evalkit` under `$XDG_CACHE_HOME` or `~/.cache`.

    Raises `EvalkitError` when the user has no home folder and sets neither variable.
    """
    if chosen := os.environ.get("EVALKIT_CACHE"):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"
    except RuntimeError as error:
        raise EvalkitError("This user has no home folder. Set EVALKIT_CACHE to a folder for the cache.") from error


def why_unusable(folder: Path) -> str | None:
    """Why a cache folder cannot be used, in a sentence that names it; None when it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"evalkit")
    except OSError as error:
        return f"The cache folder {folder} cannot be written ({error.strerror}). Set EVALKIT_CACHE to another."
    return None
