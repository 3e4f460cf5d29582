"""What is missing for an external method to run, found without running its model."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.errors import MethodError
from evalkit.method.foreign.card import Foreign, Step
from evalkit.method.foreign.fill import Values, fill, fill_command
from evalkit.method.foreign.place import Place, clone_state, commit_warning, python_version, suits

State = Literal["ok", "missing", "look"]
_ARGUMENT = re.compile(r"-{1,2}[A-Za-z][\w-]*")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: "ok", "missing" (it will not run) or "look" (only a person can say)."""

    what: str
    state: State
    text: str


def examine(card: Foreign, folder: Path, place: Place, options: Mapping[str, str]) -> list[Finding]:
    """Everything that can be said of a clone; `folder` is the card's."""
    return [
        Finding("clone", "ok", str(place.clone)),
        *_commit(card, place.clone),
        *_interpreter(card, place),
        *_files(card, place.clone),
        *_arguments(card, folder, place, options),
        *_weights(card, place.clone),
        *_gpu(card),
        *(Finding("registration", "look", text) for text in card.registration),
        *_traps(card, place.clone),
    ]


def _commit(card: Foreign, clone: Path) -> Iterator[Finding]:
    state = clone_state(clone)
    warning = commit_warning(card, state)
    shown = state[0][:12] if state else "unknown"
    yield Finding("commit", "look" if warning else "ok", warning or shown)


def _interpreter(card: Foreign, place: Place) -> Iterator[Finding]:
    if card.container:
        there = shutil.which(card.container.engine)
        yield Finding("container", "ok" if there else "missing", there or f"no program {card.container.engine}")
        return
    try:
        version = python_version(place.python)
    except MethodError as error:
        yield Finding("python", "missing", str(error))
        return
    shown = f"{place.python} is {'.'.join(map(str, version))}"
    fits = suits(version, card.python)
    yield Finding("python", "ok" if fits else "missing", shown if fits else f"{shown}; {card.python} is needed")
    if card.mode == "worker":
        done = subprocess.run([place.python, "-c", "import numpy"], capture_output=True, check=False)
        text = (
            "there, for evalkit_worker.py" if done.returncode == 0 else "cannot be imported; evalkit_worker.py needs it"
        )
        yield Finding("numpy", "missing" if done.returncode else "ok", text)


def _files(card: Foreign, clone: Path) -> Iterator[Finding]:
    for name in dict.fromkeys(filter(None, (card.entry, *(one.base for one in card.files)))):
        there = (clone / name).is_file()
        yield Finding("file", "ok" if there else "missing", name if there else f"{name} is not in the clone")


def _arguments(card: Foreign, folder: Path, place: Place, options: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the scripts that the card calls know its arguments: their names have to stand in the code."""
    values = _Anything({**options, "clone": str(place.clone), "python": place.python, "card": str(folder.absolute())})
    for step in card.steps:
        script = _script(step, values)
        if script is None:
            continue
        if not script.is_file():
            yield Finding(f"step {step.name}", "missing", f"there is no {script}")
            continue
        code = _code_near(script)
        if card.entry and script.is_relative_to(folder.absolute()):
            code += _code_near(place.clone / card.entry)  # a script of the card hands its arguments on
        given = {found[0] for part in _every_argument(step, values) if (found := _ARGUMENT.fullmatch(part))}
        unknown = sorted(name for name in given if not _stands(name, code))
        text = (
            f"{script.name} does not mention {', '.join(unknown)}" if unknown else f"{script.name} knows its arguments"
        )
        yield Finding(f"step {step.name}", "look" if unknown else "ok", text)


class _Anything(dict[str, object]):
    """Placeholders of a pair have no value here."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"

    def __contains__(self, key: object) -> bool:
        return True


def _script(step: Step, values: Values) -> Path | None:
    """The Python file that a step runs; None for another program."""
    parts = fill_command(step.command, values)
    folder = Path(fill(step.folder, values))
    if "-m" in parts[1:2]:
        return folder / (parts[2].replace(".", "/") + ".py")
    found = next((part for part in parts[1:] if part.endswith(".py")), None)
    return folder / found if found else None


def _every_argument(step: Step, values: Values) -> Iterator[str]:
    parts = fill_command(
        [one for part in step.command for one in ([part] if isinstance(part, str) else part.use)], values
    )
    if "-m" in parts[1:2]:
        del parts[1:3]
    yield from (part.partition("=")[0] for part in parts)


def _code_near(script: Path) -> str:
    """The script and what is imported from folders of its own: settings of arguments may stand there."""
    files = [script, *script.parent.glob("*.py"), *script.parent.glob("*/*.py"), *script.parent.glob("*/*/*.py")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files[:400])


def _stands(argument: str, code: str) -> bool:
    """Whether an argument's name stands in code: as it is, or as the variable that a parser makes of it."""
    name = argument.lstrip("-")
    variable = name.removeprefix("no-").replace("-", "_")
    return re.search(rf"['\"]-{{0,2}}{re.escape(name)}['\"]|\b{re.escape(variable)}\s*:", code) is not None


def _weights(card: Foreign, clone: Path) -> Iterator[Finding]:
    for weight in card.weights:
        there = (clone / weight.path).exists()
        where = f" ({weight.where})" if weight.where else ""
        state: State = "ok" if there else "look" if weight.optional else "missing"
        yield Finding("weights", state, weight.path if there else f"{weight.path} is not there{where}")


def _gpu(card: Foreign) -> Iterator[Finding]:
    if not card.gpu_gb:
        return
    memory = gpu_memory_gb()
    if memory is None:
        yield Finding("GPU", "missing", f"nvidia-smi shows none; about {card.gpu_gb} GB are needed")
    else:
        fits = memory >= card.gpu_gb
        yield Finding("GPU", "ok" if fits else "look", f"{memory:.0f} GB; about {card.gpu_gb} GB are needed")


def gpu_memory_gb() -> float | None:
    """Memory of the largest GPU in GB (10^9 bytes); None where nvidia-smi shows none."""
    ask = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=True)
        return max(float(line) for line in done.stdout.split()) * (1 << 20) / 1e9
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _traps(card: Foreign, clone: Path) -> Iterator[Finding]:
    for trap in card.traps:
        if trap.file is None:
            continue
        path = clone / trap.file
        code = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
        wrong = code is None or any(
            pattern and bool(re.search(pattern, code)) != wanted
            for pattern, wanted in ((trap.must_match, True), (trap.must_not_match, False))
        )
        yield Finding("trap", "missing" if wrong else "ok", f"{trap.file}: {trap.text}")
