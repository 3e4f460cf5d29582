"""The environment of a foreign program: its own interpreter first, the GPU it may use, nothing of evalkit's Python."""

import os
from collections.abc import Mapping
from pathlib import Path

_OURS = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT")
GPUS = "CUDA_VISIBLE_DEVICES"


def added_variables(device: str, more: Mapping[str, str]) -> dict[str, str]:
    """What is set in addition: the GPU of `device` ("cpu" hides them all) as the only one, then `more`."""
    found = {"PYTHONUNBUFFERED": "1"}
    if device == "cpu":
        found[GPUS] = ""
    elif ":" in device:
        index = int(device.partition(":")[2])
        visible = [one for one in os.environ.get(GPUS, "").split(",") if one.strip()]
        found[GPUS] = visible[index] if index < len(visible) else str(index)
    return found | dict(more)


def environment(python: str, added: Mapping[str, str]) -> dict[str, str]:
    """All variables of the program."""
    kept = {key: value for key, value in os.environ.items() if key not in _OURS}
    path = os.pathsep.join([str(Path(python).parent), kept.get("PATH", "")])
    return kept | {"PATH": path} | dict(added)
