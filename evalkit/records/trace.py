"""`trace.jsonl`: what every task of a run took, stage by stage. For looking at; no number depends on it."""

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.base.stopwatch import recorded


@dataclass(frozen=True)
class Span:
    """One task of one worker: `began` (seconds of the epoch), `seconds`, and seconds by stage."""

    worker: str
    task: str
    pair: str
    began: float
    seconds: float
    stages: Mapping[str, float]


def append_span(path: Path, span: Span) -> None:
    """Add a line, whole or not at all. What cannot be written is not missed."""
    rounded = {name: round(seconds, 6) for name, seconds in span.stages.items()}
    line = json.dumps({**asdict(span), "stages": rounded}, ensure_ascii=False) + "\n"
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode("utf-8", "surrogateescape"))
        finally:
            os.close(handle)


@contextmanager
def traced(path: Path, task: str, pair: str) -> Iterator[None]:
    """The block is a task of this process."""
    began, clock = time.time(), time.perf_counter()
    with recorded() as stages:
        yield
    append_span(path, Span(f"process {os.getpid()}", task, pair, began, time.perf_counter() - clock, stages))


def read_spans(path: Path) -> list[Span]:
    """The tasks of a run, without lines that were cut off; none where nothing was written."""
    spans = []
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            with contextlib.suppress(ValueError, TypeError):
                spans.append(Span(**json.loads(line)))
    return spans


def stage_seconds(spans: Sequence[Span]) -> dict[str, float]:
    """Seconds by stage over all tasks, the longest first."""
    total: Counter[str] = Counter()
    for span in spans:
        total.update(span.stages)
    return {name: round(seconds, 3) for name, seconds in total.most_common()}
