"""A run on disk, `<out>/<protocol>/<method>[@tag]/`: names, what may be resumed, the lock that keeps two runs apart.

run.json            what ran: configuration, data root, versions, device, timings
generated/<pair>.mkv  lossless, one frame per driving frame
pairs/<pair>.json     outcome of a pair: ok or failed with the reason, digests, seconds
pairs/<pair>.parquet  frame scores of a pair, as soon as it is scored
frames.parquet, clips.parquet, summary.json   written when the run ends
contact_sheet.png, log.jsonl
"""

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from evalkit.errors import RunError
from evalkit.files import read_json, write_json
from evalkit.records import SCHEMA_VERSION, check_schema


@dataclass(frozen=True)
class Outcome:
    """What became of one pair.

    `generated` is the clip: relative to the run folder, or the absolute path of an output made elsewhere. `frames`
    counts its frames, `seconds` is the time the method took without decoding and writing, `latency_s`, `batch` and
    `peak_bytes` are those of `cost.Cost` (None for outputs made elsewhere). The digests identify the clips it was made
    from, the anchor of relative motion where there is one, and the clip itself; `source_frames` are those of the pair.
    What earlier versions did not keep is None.
    """

    pair: str
    status: Literal["ok", "failed"]
    reason: str | None = None
    generated: str | None = None
    frames: int = 0
    seconds: float | None = None
    latency_s: float | None = None
    batch: int | None = None
    peak_bytes: int | None = None
    source_sha256: str | None = None
    driving_sha256: str | None = None
    generated_sha256: str | None = None
    anchor_sha256: str | None = None
    source_frames: tuple[int, ...] | None = None


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

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
    def contact_sheet(self) -> Path:
        """contact_sheet.png."""
        return self.path / "contact_sheet.png"

    def generated(self, pair: str) -> Path:
        """The generated clip of a pair."""
        return self.path / "generated" / f"{pair}.mkv"

    def outcome_path(self, pair: str) -> Path:
        """The outcome of a pair."""
        return self.path / "pairs" / f"{pair}.json"

    def scores(self, pair: str) -> Path:
        """The frame scores of a pair."""
        return self.path / "pairs" / f"{pair}.parquet"

    def read_outcome(self, pair: str) -> Outcome | None:
        """The outcome of a pair; None when it has none yet, or one that a newer evalkit or nobody wrote."""
        path = self.outcome_path(pair)
        if not path.is_file():
            return None
        try:
            content = read_json(path)
            check_schema(path, content.pop("schema_version"))
            frames = content.pop("source_frames", None)
            return Outcome(**content, source_frames=None if frames is None else tuple(frames))
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(f"{path}: damaged ({error}). Delete it; the pair is then made again.") from error

    def write_outcome(self, outcome: Outcome) -> None:
        """Store the outcome of a pair."""
        write_json(self.outcome_path(outcome.pair), {"schema_version": SCHEMA_VERSION, **asdict(outcome)})

    def log(self, event: str, **details: object) -> None:
        """Append one line to log.jsonl."""
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **details}
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def claim(self, configuration: dict[str, Any]) -> None:
        """Make the folder this configuration's, or find that it already is.

        Raises `RunError` with the differences when the folder holds a run of another configuration.
        """
        if self.header.is_file():
            held = read_header(self.path)["configuration"]
            changed = [key for key in sorted({*held, *configuration}) if held.get(key) != configuration.get(key)]
            if changed:
                lines = "; ".join(f"{key}: {held.get(key)!r} there, {configuration.get(key)!r} now" for key in changed)
                raise RunError(
                    f"{self.path} holds a run of another configuration ({lines}). Keep it and add --tag NAME."
                )
        elif any(self.path.glob("pairs/*.json")):
            raise RunError(f"{self.path} holds results but no run.json. Move it away or choose another --out.")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. Raises `RunError` when another one does, or when it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("w")
        except OSError as error:
            raise RunError(f"{self.path}: cannot write there ({error.strerror}). Choose another --out.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RunError(f"{self.path}: another evalkit process is working there. Wait for it.") from error
            for stale in self.path.rglob(".*.tmp*"):
                stale.unlink(missing_ok=True)
            yield


def read_header(path: Path) -> dict[str, Any]:
    """`run.json` of a run folder. Raises `RunError` when there is none, it is damaged, or from a newer evalkit."""
    return _read_versioned(path / "run.json", f"{path} is not a run folder")


def read_summary(path: Path) -> dict[str, Any]:
    """`summary.json` of a run folder. Raises `RunError` when there is none, it is damaged, or from a newer evalkit."""
    return _read_versioned(path / "summary.json", f"{path} is not a finished run")


def _read_versioned(path: Path, absent: str) -> dict[str, Any]:
    if not path.is_file():
        raise RunError(f"{absent}: it has no {path.name}. Run `evalkit run` or `evalkit score` first.")
    try:
        content = read_json(path)
        version = int(content["schema_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: damaged ({error}).") from error
    check_schema(path, version)
    return dict(content)
