"""Where a user's clone and its interpreter are, which commit it is, and which Python."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.git import git_output
from evalkit.base.places import at_home
from evalkit.errors import MethodError
from evalkit.method.foreign.card import Foreign

_PYTHONS = (".venv/bin/python", "venv/bin/python")
_ASK_S = 60


@dataclass(frozen=True)
class Place:
    """A clone, the interpreter that runs it (a path, or a name on the search path), and the limits that hold here."""

    method: str
    clone: Path
    python: str
    seconds: float
    start_seconds: float
    memory_bytes: int | None


def variable(method: str, what: str) -> str:
    """The environment variable that says where the clone, or its python, of a method is."""
    return f"EVALKIT_{method.upper()}_{what.upper()}"


def find_clone(method: str, given: str | Path | None, entry: str | None, asked: str) -> Path:
    """The folder of the clone: as given, or as an environment variable says. `asked` is how a command names the method.

    Raises `MethodError` when it is not known, no folder, or does not hold the file `entry`.
    """
    chosen = given or os.environ.get(variable(method, "clone"))
    if not chosen:
        raise MethodError(
            f"{method}: expected to know where its repository is. Clone it (`evalkit methods setup {asked}`), and "
            f"give --option clone=FOLDER, ${variable(method, 'clone')}, or external.{method}.clone in the "
            "configuration file."
        )
    clone = at_home(chosen).absolute()
    if not clone.is_dir():
        raise MethodError(f"{method}: there is no folder {clone}, which should be its clone.")
    if entry and not (clone / entry).is_file():
        raise MethodError(f"{method}: {clone} has no file {entry}, so it is not the root of its repository.")
    return clone


def find_python(method: str, given: str | Path | None, clone: Path, asked: str) -> str:
    """The interpreter: as given, as an environment variable says, or the clone's own `.venv` or `venv`.

    Raises `MethodError` when there is none, or it cannot be run.
    """
    chosen = given or os.environ.get(variable(method, "python"))
    found = str(chosen) if chosen else next((str(clone / name) for name in _PYTHONS if (clone / name).is_file()), "")
    if not found:
        raise MethodError(
            f"{method}: expected an interpreter in {clone / _PYTHONS[0]}. Make one (`evalkit methods setup {asked}`), "
            f"or give --option python=FILE or ${variable(method, 'python')}."
        )
    path = shutil.which(at_home(found))
    if path is None:
        raise MethodError(f"{method}: {found} is no program that can be run; expected its Python interpreter.")
    # The interpreter of a virtual environment is a link, and another one where it leads to.
    return os.path.abspath(path)  # noqa: PTH100


def python_version(python: str) -> tuple[int, ...]:
    """Version of an interpreter, such as (3, 7, 16). Raises `MethodError` when it does not say one."""
    ask = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"
    try:
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True, timeout=_ASK_S, check=True)
        return tuple(int(part) for part in done.stdout.strip().split("."))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise MethodError(f"{python} does not run as a Python interpreter: {error}") from error


def refuse_version(method: str, python: str, wanted: str, version: tuple[int, ...]) -> None:
    """Raise `MethodError` for a version outside of the rule `wanted`, such as ">=3.7,<3.9"."""
    if not suits(version, wanted):
        shown = ".".join(map(str, version))
        raise MethodError(f"{method} needs Python {wanted}; {python} is {shown}. Give another: --option python=FILE.")


def suits(version: tuple[int, ...], wanted: str) -> bool:
    """Whether a version keeps a rule; an empty one is kept by all."""
    for part in filter(None, (one.strip() for one in wanted.split(","))):
        found = re.fullmatch(r"(>=|<|==)\s*([\d.]+)", part)
        if found is None:
            raise MethodError(f"python: {wanted!r} of the card: expected versions such as '>=3.7,<3.9'.")
        bound = tuple(int(number) for number in found[2].strip(".").split("."))
        head = version[: len(bound)]
        if not {">=": version >= bound, "<": version < bound, "==": head == bound}[found[1]]:
            return False
    return True


def clone_state(clone: Path) -> tuple[str, str] | None:
    """Commit of a clone and a digest of the edits of its tracked files, empty without any; None for no checkout."""
    top = git_output(clone, "rev-parse", "--show-toplevel")
    commit = git_output(clone, "rev-parse", "HEAD")
    if commit is None or top is None or Path(top).resolve() != clone.resolve():
        return None
    if not git_output(clone, "status", "--porcelain", "--untracked-files=no"):
        return commit, ""
    names = sorted(filter(None, (git_output(clone, "diff", "--name-only", "-z", "HEAD") or "").split("\0")))
    edits = [[name, content_sha256(clone / name) if (clone / name).is_file() else ""] for name in names]
    return commit, canonical_sha256(edits)


def commit_warning(card: Foreign, state: tuple[str, str] | None) -> str:
    """What a reader has to know of the clone's code; empty for the commit of the card, unedited."""
    if state is None:
        return "the clone is no git checkout, so nothing says which code ran" if card.commit else ""
    commit, edits = state
    wrong = []
    if card.commit and not commit.startswith(card.commit):
        wrong.append(f"the clone is at commit {commit[:12]}; the card was checked with {card.commit}")
    if edits:
        wrong.append("files of the clone were edited")
    return "; ".join(wrong)
