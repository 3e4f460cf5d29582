"""What a run will cost before it starts: pairs, frames, and time as far as earlier runs of the folder tell it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from evalkit.base.text import duration
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
    """What a pair took on average in the last run of the method that logged any; None where there is no such run."""
    method = name.partition("@")[0]
    logs = [runs / name / "log.jsonl", *sorted(runs.glob(f"{method}@*/log.jsonl")), runs / method / "log.jsonl"]
    for log in logs:
        if (found := list(_spans(log))) and found[-1][1]:
            elapsed, pairs = found[-1]
            return elapsed / pairs
    return None


def _spans(log: Path) -> Iterator[tuple[float, int]]:
    """Seconds from the start to the last pair, and pairs, of every run of a log that finished a pair."""
    began: datetime | None = None
    last, pairs = 0.0, 0
    for event, time in _events(log):
        if event == "started":
            if pairs:
                yield last, pairs
            began, last, pairs = time, 0.0, 0
        elif event == "pair_done" and began is not None:
            last, pairs = (time - began).total_seconds(), pairs + 1
    if pairs:
        yield last, pairs


def _events(log: Path) -> Iterator[tuple[str, datetime]]:
    """Events with their times; a log that is gone or a line that is cut tells nothing."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            content = json.loads(line)
            yield str(content["event"]), datetime.strptime(str(content["time"]), "%Y-%m-%dT%H:%M:%S%z")
        except (ValueError, KeyError, TypeError):
            continue
