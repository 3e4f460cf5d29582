"""One pair to animate, what all pairs of a run share, and what a pair cost."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import MethodError
from evalkit.method.foreign.card import Foreign
from evalkit.method.foreign.place import Place
from evalkit.types import Frames


@dataclass(frozen=True)
class Task:
    """A pair: `sources` gives (S, size, size, 3) uint8 RGB, `driving` chunks of such frames, `fps` their rate."""

    pair: str
    sources: Callable[[], Frames]
    driving: Iterable[Frames]
    fps: float
    size: int
    motion: str


@dataclass(frozen=True)
class Setting:
    """What all pairs of a run share. `device` is "cpu", "cuda" or "cuda:N", `logs` a folder for what is printed.

    `given` stands for the content of weights and of files that options name.
    """

    card: Foreign
    folder: Path
    place: Place
    options: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int = 0
    commit: str = ""
    logs: Path | None = None
    scratch: Path | None = None
    given: str = ""


@dataclass(frozen=True)
class Spent:
    """What a pair cost: (frames, seconds) of every step, and peak memory in bytes where that is known."""

    steps: tuple[tuple[int, float], ...]
    peak_bytes: int | None


def failed(setting: Setting, pair: str, what: str, printed: str) -> MethodError:
    """The error of a pair: what happened, the last line that was printed, and where the rest is."""
    last = f": {printed}" if printed else ""
    log = log_file(setting, pair)
    return MethodError(f"{what}{last}" + (f" (all it printed: {log})" if log and log.is_file() else ""))


def log_file(setting: Setting, pair: str) -> Path | None:
    """Where what a pair printed is kept; None without a folder for it."""
    return setting.logs / f"{pair}.txt" if setting.logs else None


def write_log(setting: Setting, pair: str, parts: Iterable[tuple[str, str]]) -> None:
    """Keep what the steps of a pair printed: (name, text) of each."""
    if path := log_file(setting, pair):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"--- {name}\n{printed.rstrip()}\n" for name, printed in parts)
        path.write_text(text, encoding="utf-8", errors="replace")
