"""`progress.json`: how far a run is, for whoever looks from another process. The command that works writes it."""

from collections.abc import Mapping
from pathlib import Path

from evalkit.errors import RunError
from evalkit.records.json_record import Record, read_record, write_record
from evalkit.records.run import Amount, Count


class WorkerFacts(Record):
    """What one worker is at."""

    device: str
    """Where it computes: `cpu`, `cuda:N`."""
    pair: str
    """Id of the pair; empty for one that has nothing to do."""
    doing: str
    """`make` or `score`."""
    seconds: Amount
    """Since when."""


class Progress(Record):
    """How far a run is. Seconds are of the clock of the process that wrote it."""

    schema_version: int
    """Of this file."""
    pairs: Count
    """Pairs of the run."""
    kept: Count
    """Of these, finished by earlier commands."""
    done: Count
    """Made and scored by this one."""
    failed: Count
    """Failed in this one."""
    frames: Count
    """Frames of the pairs that are `done`."""
    seconds: Amount
    """Since the command began with this run."""
    workers: Mapping[str, WorkerFacts]
    """By name; empty for a command without workers of its own. They may be at pairs of other methods."""
    failures: tuple[tuple[str, str], ...]
    """The last pairs that failed, and why."""

    @property
    def seconds_left(self) -> float | None:
        """Until the end, if pairs take as long as those before; None where that is not known."""
        ended = self.done + self.failed
        left = self.pairs - self.kept - ended
        return self.seconds / ended * left if ended else (0.0 if not left else None)


def write_progress(path: Path, progress: Progress) -> None:
    """Write `progress.json`. Where that fails nobody sees how far the run is, and that is all."""
    try:
        write_record(path, progress)
    except OSError:
        return


def read_progress(path: Path) -> Progress | None:
    """The progress of a run; None where no command has written any, or what it wrote cannot be read."""
    try:
        return read_record(path, Progress) if path.is_file() else None
    except RunError:
        return None
