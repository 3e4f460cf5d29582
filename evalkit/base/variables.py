"""The environment variables that evalkit reads, for docs/environment.md and `evalkit doctor`."""

import os
from collections.abc import Mapping

VARIABLES: Mapping[str, str] = {
    "EVALKIT_CACHE": "Folder of the cache. Without it `evalkit` below `XDG_CACHE_HOME`, or below `~/.cache`.",
    "EVALKIT_WEIGHTS": "Folders where network files are looked for first, with `:` between them.",
    "EVALKIT_CONFIG": "Your configuration. Without it `evalkit/config.yaml` below `XDG_CONFIG_HOME` or `~/.config`.",
    "EVALKIT_PLUGINS": "Python files that are plugins, as `--plugin` names them, with `:` between them.",
    "EVALKIT_ARCFACE": "An ONNX file with ArcFace's input, for `csim[onnx]`; its digest is in the signature.",
    "EVALKIT_WORKERS": "Processes of commands that are given no `--workers`. Without it one per core, at most 8.",
}
"""Name -> what it is."""


def set_variables() -> dict[str, str | None]:
    """Name -> its value here, None where it is not set."""
    return {name: os.environ.get(name) for name in VARIABLES}
