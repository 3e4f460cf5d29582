"""From nothing to a clone with an environment of its own: the commands, and running them."""

import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.errors import MethodError
from evalkit.method.foreign.card import Foreign

Commands = list[tuple[str, ...]]


def setup_commands(card: Foreign, repository: str, folder: Path, interpreter: str | None = None) -> Commands:
    """Commands that clone a repository into `folder` at the card's commit and make its `.venv` with uv.

    `interpreter` is a version or a file that takes the place of the card's version.

    Raises `MethodError` for a card without a repository, unless `folder` is there.
    """
    found: Commands = []
    if not folder.is_dir() and not repository:
        raise MethodError("The card names no repository. Give an existing clone with --into.")
    if not folder.is_dir():
        found.append(("git", "clone", repository, str(folder)))
        if card.commit:
            found.append(("git", "-C", str(folder), "checkout", card.commit))
    if card.container:
        fetch = {"docker": ("docker", "pull"), "podman": ("podman", "pull"), "apptainer": ("apptainer", "pull")}
        return [*found, (*fetch[card.container.engine], card.container.image)]
    python = folder / ".venv" / "bin" / "python"
    if not python.is_file():
        wanted = interpreter or card.made_with
        version = ("--python", wanted) if wanted else ()
        found.append(("uv", "venv", *version, str(folder / ".venv")))
    if card.requirements:
        requirements = str(folder / card.requirements)
        found.append(("uv", "pip", "install", "--python", str(python), "-r", requirements))
    return found


def setup_notes(card: Foreign, folder: Path) -> list[str]:
    """What remains for a person: further steps, weights, registrations."""
    notes = list(card.setup)
    notes += [f"put {weight.path} into {folder}: {weight.where or 'see its README'}" for weight in card.weights]
    return notes + [f"register: {one}" for one in card.registration]


def run_setup(commands: Sequence[Sequence[str]], say: Callable[[str], None]) -> None:
    """Run the commands one by one. Raises `MethodError` at the first that fails, with what is left to do."""
    for index, command in enumerate(commands):
        say(shlex.join(command))
        try:
            code = subprocess.run(list(command), stdin=subprocess.DEVNULL, check=False).returncode
        except OSError as error:
            raise MethodError(f"{command[0]} cannot be started: {error.strerror}. {_left(commands[index:])}") from error
        if code:
            raise MethodError(f"{shlex.join(command)} ended with status {code}. {_left(commands[index:])}")


def _left(commands: Sequence[Sequence[str]]) -> str:
    return "Left to do: " + "; ".join(shlex.join(command) for command in commands)
