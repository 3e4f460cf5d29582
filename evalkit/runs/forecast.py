"""What a run will cost before it starts: pairs, frames, and time as far as earlier runs of the folder tell it."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.base.text import duration
from evalkit.records.progress import read_progress
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run_pairs import finished_pairs
from evalkit.runs.session import Session


def forecast(session: Session, names: Sequence[str]) -> str:
    """One sentence about the runs called `names` (`<method>` or `<method>@<tag>`) of a session."""
    most = session.protocol.driving.maximum
    frames = f" of at most {most} frames" if most else ""
    many = f" for each of {len(names)} methods" if len(names) > 1 else ""
    folders = {name: RunFolder(session.settings.out / session.protocol.id / name) for name in names}
    left = {name: session.asked - _finished(session, folder) for name, folder in folders.items()}
    kept = session.asked * len(names) - sum(left.values())
    done = f", {kept} of {session.asked * len(names)} finished" if kept else ""
    return f"To do: {session.asked} pairs{frames}{many}{done}. {_time(session, left)}"


def _finished(session: Session, folder: RunFolder) -> int:
    asked = {pair.id for pair in session.select(())}
    return len(asked & finished_pairs(folder))


def _time(session: Session, left: dict[str, int]) -> str:
    seconds, unknown = 0.0, []
    for name, pairs in left.items():
        each = seconds_per_pair(session.settings.out / session.protocol.id, name)
        if each is None and pairs:
            unknown.append(name)
        seconds += (each or 0.0) * pairs
    if len(unknown) == len(left):
        return "No earlier run tells how long that takes."
    without = f", without {', '.join(unknown)}, of which there is none" if unknown else ""
    return f"About {duration(seconds)} by earlier runs{without}."


def seconds_per_pair(runs: Path, name: str) -> float | None:
    """What a pair took on average when the method last ran here, under this tag or another; None where it did not."""
    method = name.partition("@")[0]
    for path in (runs / name, runs / method, *sorted(runs.glob(f"{method}@*"))):
        told = read_progress(RunFolder(path).progress)
        if told is not None and told.done:
            return told.seconds / (told.done + told.failed)
    return None
