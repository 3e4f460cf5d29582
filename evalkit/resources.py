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
