"""A command inside docker, podman or apptainer: the same paths inside as outside."""

import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.method.foreign.card import Container


def contained(
    card: Container, command: Sequence[str], folder: Path, folders: Sequence[Path], env: Mapping[str, str], name: str
) -> list[str]:
    """The command that runs `command` in a container called `name`, in `folder`, with `folders` of this machine.

    `env` are the variables that are set inside. A GPU is passed on unless CUDA_VISIBLE_DEVICES is empty.
    """
    gpu = env.get("CUDA_VISIBLE_DEVICES") != ""
    if card.engine == "apptainer":
        binds = [part for one in folders for part in ("--bind", str(one))]
        variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
        start = ["apptainer", "exec", *(["--nv"] if gpu else []), "--pwd", str(folder), *binds, *variables]
        return [*start, *card.arguments, card.image, *command]
    mounts = [part for one in folders for part in ("--mount", f"type=bind,source={one},target={one}")]
    variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
    gpus = (["--gpus", "all"] if card.engine == "docker" else ["--device", "nvidia.com/gpu=all"]) if gpu else []
    start = [card.engine, "run", "--rm", "-i", "--name", name, *gpus, *mounts, *variables, "--workdir", str(folder)]
    return [*start, *card.arguments, card.image, *command]


def remove(card: Container, name: str) -> None:
    """End a container that may still run: it is not below the process that started it."""
    if card.engine != "apptainer":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([card.engine, "rm", "-f", name], capture_output=True, timeout=60, check=False)
