"""Where protocols, baselines and leaderboards lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


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
