"""A command inside docker, podman or apptainer: the same paths inside as outside."""

import contextlib
import csv
import functools
import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.method.foreign.card import Container


def contained(
    card: Container,
    command: Sequence[str],
    folder: Path,
    folders: Sequence[Path],
    env: Mapping[str, str],
    name: str,
    memory_bytes: int | None = None,
) -> list[str]:
    """The command that runs `command` in a container called `name`, in `folder`, with `folders` of this machine.

    `env` are the variables that are set inside, `memory_bytes` is the most that docker or podman let it have. A GPU is
    passed on unless CUDA_VISIBLE_DEVICES is empty.
    """
    gpu = env.get("CUDA_VISIBLE_DEVICES") != ""
    if card.engine == "apptainer":
        binds = [part for one in folders for part in ("--mount", _mount(one, "destination"))]
        variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
        start = ["apptainer", "exec", *(["--nv"] if gpu else []), "--pwd", str(folder), *binds, *variables]
        return [*start, *card.arguments, card.image, *command]
    mounts = [part for one in folders for part in ("--mount", _mount(one, "target"))]
    variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
    gpus = (["--gpus", "all"] if card.engine == "docker" else ["--device", "nvidia.com/gpu=all"]) if gpu else []
    memory = ["--memory", str(memory_bytes)] if memory_bytes else []
    start = [card.engine, "run", "--rm", "-i", "--name", name, *_user(card), *gpus, *memory, *mounts, *variables]
    return [*start, "--workdir", str(folder), *card.arguments, card.image, *command]


def is_elsewhere(card: Container) -> bool:
    """Whether what runs inside is below a process of the engine, and not below the command that starts it."""
    return card.engine != "apptainer"


def remove(card: Container, name: str) -> None:
    """End a container that may still run: it is not below the process that started it."""
    if is_elsewhere(card):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([card.engine, "rm", "-f", name], capture_output=True, timeout=60, check=False)


def _user(card: Container) -> list[str]:
    """Docker's programs are root unless told otherwise, and what root writes could not be removed.

    Such a user has no home inside, where libraries keep what they fetch. Where docker itself runs without rights, as
    podman does, root inside is the user outside, and nobody else may write.
    """
    if card.engine != "docker" or _is_rootless():
        return []
    return ["--user", f"{os.getuid()}:{os.getgid()}", "--env", "HOME=/tmp"]


@functools.cache
def _is_rootless() -> bool:
    ask = ["docker", "info", "--format", "{{.SecurityOptions}}"]
    try:
        return "rootless" in subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return False


def _mount(path: Path, target: str) -> str:
    """The folder as a row of CSV, which the engines read: names may hold commas and quotes."""
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(["type=bind", f"source={path}", f"{target}={path}"])
    return row.getvalue()
