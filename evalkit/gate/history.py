"""The history of a gate: one JSON line per gated checkpoint, appended under a lock (two gates may end at once)."""

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.errors import RunError
from evalkit.records import SCHEMA_VERSION, check_schema

_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")
_FACTS = ("method", "title", "protocol", "protocol_hash", "data_hash", "pairs", "checkpoint_sha256")
_VALUES = ("candidate", "status", "change", "change_low", "change_high", "title", "better", "unit", "signature")


def append(path: Path, verdict: Mapping[str, Any], commit: str | None) -> None:
    """Append the line of a verdict (its machine form). Raises `RunError` when the file cannot be written or read."""
    line = {
        "schema_version": SCHEMA_VERSION,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "commit": commit,
        "outcome": verdict["outcome"],
        "exit_code": verdict["exit_code"],
        **{key: verdict["candidate"][key] for key in _FACTS},
        "metrics": {key: {name: row[name] for name in _VALUES} for key, row in verdict["metrics"].items()},
    }
    text = json.dumps(line, ensure_ascii=False, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write((_end_last_line(file) + text + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunError(f"{path}: the history cannot be written ({error.strerror}).") from error


def read_verdict(path: Path) -> dict[str, Any]:
    """What `evalkit gate --json` printed. Raises `RunError` for anything else."""
    try:
        verdict = json.loads(path.read_text(encoding="utf-8"))
        check_schema(path, int(verdict["schema_version"]))
        return {key: verdict[key] for key in ("outcome", "exit_code", "candidate", "metrics")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: not the verdict that `evalkit gate --json` prints ({error!r}).") from error


def read(path: Path) -> list[dict[str, Any]]:
    """All lines, oldest first. Raises `RunError` with the line's number when one cannot be read."""
    if not path.is_file():
        raise RunError(f"{path} does not exist. `evalkit gate ... --history {path}` begins one.")
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            check_schema(path, int(line["schema_version"]))
            lines.append({**line, "metrics": dict(line["metrics"])})
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} line {number}: not a line of a gate's history ({error!r}). Delete it.") from error
    return lines


def current_commit(folder: Path) -> str | None:
    """The commit that is being gated: as the CI system says, else of the checkout around `folder`, else None."""
    for name in _COMMIT_VARIABLES:
        if os.environ.get(name):
            return os.environ[name]
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _end_last_line(file: Any) -> str:
    """A line feed when the file ends in the middle of a line, as a killed writer leaves it."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return ""
    file.seek(size - 1)
    return "" if file.read(1) == b"\n" else "\n"
