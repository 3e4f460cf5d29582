"""How far runs are, read from another process while they work or after they stopped."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.errors import RunError
from evalkit.records.progress import WorkerFacts, read_progress
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run_pairs import finished_pairs


@dataclass(frozen=True)
class Status:
    """How far one run is. Seconds and frames are those of the command that worked last; None where nothing says."""

    run: str
    state: Literal["running", "stopped", "finished"]
    pairs: int | None
    finished: int
    failed: int
    frames_per_second: float | None
    seconds: float | None
    seconds_left: float | None
    seconds_ago: float | None
    workers: Mapping[str, WorkerFacts]
    failures: tuple[tuple[str, str], ...]


def run_folders(path: Path) -> list[Path]:
    """The run folder `path`, or those in it. Raises `RunError` when there is none."""
    found = sorted(file.parent for pattern in ("", "*/", "*/*/") for file in path.glob(f"{pattern}run.json"))
    if not found:
        raise RunError(f"{path}: no run folder, and no folder of run folders. Has the run begun?")
    return found


def read_status(path: Path) -> Status:
    """How far the run in a folder is. Raises `RunError` for a folder that is not one or is damaged."""
    folder, header = RunFolder(path), read_header(path)
    told = read_progress(folder.progress)
    state: Literal["running", "stopped", "finished"] = "finished" if header.status == "finished" else "stopped"
    if folder.held:
        state = "running"
    if state == "finished":
        counts = read_summary(path).pairs
        pairs, finished, failed = counts.run, counts.scored, len(counts.failed)
    elif told:
        pairs, finished, failed = told.pairs, told.kept + told.done, told.failed
    else:
        pairs, finished, failed = None, len(finished_pairs(folder)), 0
    fresh = told if state == "running" else None
    return Status(
        run=str(path),
        state=state,
        pairs=pairs,
        finished=finished,
        failed=failed,
        frames_per_second=told.frames / told.seconds if told and told.seconds else None,
        seconds=told.seconds if told else None,
        seconds_left=fresh.seconds_left if fresh else None,
        # The clock of another machine may be ahead.
        seconds_ago=max(time.time() - folder.progress.stat().st_mtime, 0.0) if fresh else None,
        workers=fresh.workers if fresh else {},
        failures=told.failures if told else (),
    )
