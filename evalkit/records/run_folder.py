"""A run on disk, `<out>/<protocol>/<method>[@tag]/`: names, what may be resumed, the lock that keeps two runs apart.

run.json            what ran: configuration, data root, versions, device, timings
generated/<pair>.mkv  lossless, one frame per driving frame
pairs/<pair>.json     outcome of a pair: ok or failed with the reason, digests, seconds
pairs/<pair>.parquet  frame scores of a pair, as soon as it is scored
frames.parquet, clips.parquet, outcomes.parquet, summary.json   written when the run ends
contact_sheet.png, log.jsonl
"""

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal
from uuid import uuid4

from pydantic.dataclasses import dataclass as checked_dataclass

from evalkit.base.files import content_sha256, write_json
from evalkit.base.names import nfc
from evalkit.base.text import is_one_part
from evalkit.errors import RunError
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import STRICT, read_record, sealed
from evalkit.records.run import Amount, Configuration, Count, read_header

_LOOKS, _LOOK_S = 5, 0.05


@checked_dataclass(frozen=True, config=STRICT)
class Outcome:
    """The outcome of one pair. A digest identifies the content of a clip."""

    pair: str
    """Id of the pair."""
    status: Literal["ok", "failed"]
    """Whether it was made and scored."""
    reason: str | None = None
    """Why it failed."""
    generated: str | None = None
    """The clip: relative to the run folder, or the absolute path of an output made elsewhere."""
    frames: Count = 0
    """Frames of the clip."""
    seconds: Amount | None = None
    """The method's own time, without decoding and writing; null for outputs made elsewhere."""
    latency_s: Amount | None = None
    """Wait for one step of the method in seconds, median over steps."""
    batch: Count | None = None
    """Most frames a step gave."""
    peak_bytes: Count | None = None
    """Peak memory; null where the system does not report it."""
    source_sha256: str | None = None
    """Digest of the source clip."""
    driving_sha256: str | None = None
    """Digest of the driving clip."""
    generated_sha256: str | None = None
    """Digest of the generated clip."""
    original: str | None = None
    """Path of the output made elsewhere that `generated` was prepared from; null where it was scored as it is."""
    original_sha256: str | None = None
    """Its digest."""
    anchor_sha256: str | None = None
    """Digest of the picture at which relative motion starts, where the pair has one."""
    truth_sha256: str | None = None
    """Digest of the true clip, where the protocol compares with it."""
    source_frames: tuple[int, ...] | None = None
    """Frames of the source clip; null where an earlier version did not keep them."""
    notes: tuple[str, ...] = ()
    """What a reader of the scores has to know of the clips (docs/inputs.md); absent in files of earlier versions."""


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run. With the `token` of the process that holds the folder, nothing is written for another one."""

    path: Path
    token: str = field(default="", compare=False)

    @property
    def header(self) -> Path:
        """run.json."""
        return self.path / "run.json"

    @property
    def summary(self) -> Path:
        """summary.json."""
        return self.path / "summary.json"

    @property
    def frames(self) -> Path:
        """frames.parquet."""
        return self.path / "frames.parquet"

    @property
    def clips(self) -> Path:
        """clips.parquet."""
        return self.path / "clips.parquet"

    @property
    def outcomes(self) -> Path:
        """outcomes.parquet."""
        return self.path / "outcomes.parquet"

    @property
    def contact_sheet(self) -> Path:
        """contact_sheet.png."""
        return self.path / "contact_sheet.png"

    @property
    def progress(self) -> Path:
        """progress.json."""
        return self.path / "progress.json"

    @property
    def trace(self) -> Path:
        """trace.jsonl."""
        return self.path / "trace.jsonl"

    def generated(self, pair: str) -> Path:
        """The generated clip of a pair."""
        return self.path / "generated" / f"{_part(pair)}.mkv"

    def outcome_path(self, pair: str) -> Path:
        """The outcome of a pair."""
        return self.path / "pairs" / f"{_part(pair)}.json"

    def scores(self, pair: str) -> Path:
        """The frame scores of a pair."""
        return self.path / "pairs" / f"{_part(pair)}.parquet"

    def clip(self, outcome: Outcome) -> Path:
        """The generated clip of an outcome, which may be missing.

        Raises `RunError` for an outcome without one, and for a clip outside of the folder that is not the one that was
        scored: a folder may be a stranger's, who could name any file.
        """
        if not outcome.generated:
            raise RunError(f"{self.outcome_path(outcome.pair)}: names no generated clip.")
        path = self.path / outcome.generated
        try:
            inside = path.resolve().is_relative_to(self.path.resolve())
            scored = inside or not path.exists() or content_sha256(path) == outcome.generated_sha256
        except (OSError, ValueError, RuntimeError) as error:
            raise RunError(f"{self.outcome_path(outcome.pair)}: its clip cannot be read ({error}).") from error
        if not scored:
            raise RunError(f"{path}: outside of {self.path}, and not the clip that was scored there.")
        return path

    def read_outcome(self, pair: str) -> Outcome | None:
        """The outcome of a pair; None when it has none yet. Raises `RunError` for a damaged file or a newer schema."""
        path = self.outcome_path(pair)
        if not path.is_file():
            return None
        try:
            outcome = read_record(path, Outcome)
            if nfc(outcome.pair) != nfc(pair):
                raise RunError(f"{path}: damaged, it is the outcome of the pair {outcome.pair[:200]!r}.")
            return outcome
        except RunError as error:
            raise RunError(f"{error} A pair whose file is deleted is made again.") from error

    def write_outcome(self, outcome: Outcome) -> None:
        """Store the outcome of a pair. What was said of all pairs together does not hold any more."""
        self.refuse_lost()
        self.outcomes.unlink(missing_ok=True)
        write_json(self.outcome_path(outcome.pair), sealed({"schema_version": SCHEMA_VERSION, **asdict(outcome)}))

    def log(self, event: str, **details: object) -> None:
        """Append one line to log.jsonl."""
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **details}
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def claim(self, configuration: Configuration, overwrite: bool = False) -> None:
        """Record this configuration in the folder, or check that it is the one recorded there.

        With `overwrite` the files of a run that is there are removed.

        A run of another configuration, or of none that is known, without one finished pair leaves nothing worth
        keeping: it makes way. Raises `RunError` with the differences when the folder holds finished pairs of another
        configuration.
        """
        if overwrite:
            self._clear()
        finished = self._has_finished()
        if finished and not self.header.is_file():
            raise RunError(f"{self.path} holds results but no run.json. Move it away or choose another --out.")
        try:
            changed = self._changed(configuration)
        except RunError as error:
            if finished:
                raise
            changed = str(error)
        if changed and finished:
            raise RunError(f"{self.path} holds a run of another configuration ({changed}). Keep it and add --tag NAME.")
        if changed:
            self._clear()

    def _changed(self, configuration: Configuration) -> str:
        there, now = read_header(self.path).configuration.model_dump(), configuration.model_dump()
        changed = [key for key in sorted(now) if there[key] != now[key]]
        return "; ".join(f"{key}: {there[key]!r} there, {now[key]!r} now" for key in changed)

    def _has_finished(self) -> bool:
        """Whether some pair was made, or cannot be told not to have been."""
        for path in self.path.glob("pairs/*.json"):
            with contextlib.suppress(RunError):
                if (outcome := self.read_outcome(path.stem)) and outcome.status == "failed":
                    continue
            return True
        return False

    def _clear(self) -> None:
        """Remove what a run without a finished pair left, but for its log."""
        ends = (self.header, self.summary, self.frames, self.clips, self.outcomes)
        beside = (self.contact_sheet, self.progress, self.trace)
        for path in (*ends, *beside, *self.path.glob("pairs/*"), *self.path.glob("generated/*")):
            if path.is_file() or path.is_symlink():
                path.unlink(missing_ok=True)

    def refuse_lost(self) -> None:
        """Raise `RunError` when the folder is not held with `token` any more: a worker may outlive its command."""
        if self.token and self._lock.read_text(encoding="ascii") != self.token:
            raise RunError(f"{self.path} is held by another command now. Nothing more is written for this one.")

    @property
    def _lock(self) -> Path:
        return self.path / ".lock"

    @property
    def held(self) -> bool:
        """Whether a process works in the folder, as far as this machine can tell."""
        try:
            with self._lock.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    @contextlib.contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the folder for this process; yields the token of whoever writes for it.

        Raises `RunError` when another process does, or when it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = self._lock.open("a", encoding="ascii")
        except OSError as error:
            raise RunError(f"{self.path}: cannot write there ({error.strerror}). Choose another --out.") from error
        with lock:
            if not _taken(lock):
                raise RunError(f"{self.path}: another evalkit process is working there. Wait for it.")
            token = uuid4().hex
            lock.truncate(0)
            lock.write(token)
            lock.flush()
            for stale in self.path.rglob(".*.tmp*"):
                stale.unlink(missing_ok=True)
            yield token


def _taken(lock: IO[str]) -> bool:
    """Take a lock for this process alone; whoever only looks at it (`RunFolder.held`) is gone at once."""
    for _ in range(_LOOKS):
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_LOOK_S)
    return False


def _part(pair: str) -> str:
    """The id of a pair as part of a path. Raises `RunError` for one that could lead elsewhere."""
    if not is_one_part(pair):
        raise RunError(f"the pair {pair[:200]!r} cannot be a file name; the run folder is damaged.")
    return pair
