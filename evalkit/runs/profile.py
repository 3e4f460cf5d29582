"""Where the time of runs went: by stage, by worker, as a picture and as a trace for Chrome."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.base.files import write_json
from evalkit.errors import RunError
from evalkit.records.run_folder import RunFolder
from evalkit.records.trace import Span, read_spans, stage_seconds

WAIT = "wait"
"""Between the tasks of a worker: for the command that hands them out, for other workers, or at other runs."""


@dataclass(frozen=True)
class Profile:
    """Tasks of runs: run -> its spans."""

    spans: Mapping[str, Sequence[Span]]

    @property
    def all_spans(self) -> list[Span]:
        """Of all runs."""
        return [span for spans in self.spans.values() for span in spans]

    @property
    def stages(self) -> dict[str, float]:
        """Seconds by stage, and of waiting, the longest first."""
        found = stage_seconds(self.all_spans)
        found[WAIT] = sum(there - busy for busy, there in self.workers.values())
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def workers(self) -> dict[str, tuple[float, float]]:
        """Worker -> its seconds at tasks, and from the beginning of the first to the end of the last."""
        mine = defaultdict(list)
        for span in self.all_spans:
            mine[span.worker].append(span)
        return {
            worker: (
                sum(span.seconds for span in spans),
                max(span.began + span.seconds for span in spans) - min(span.began for span in spans),
            )
            for worker, spans in sorted(mine.items())
        }


def read_profile(folders: Sequence[Path]) -> Profile:
    """The tasks of run folders. Raises `RunError` when none of them says what its tasks took."""
    spans = {str(folder): read_spans(RunFolder(folder).trace) for folder in folders}
    if not any(spans.values()):
        raise RunError(f"{folders[0]}: has no trace.jsonl with tasks. Runs of earlier versions wrote none.")
    return Profile(spans)


def write_trace(path: Path, profile: Profile) -> None:
    """Write the tasks for chrome://tracing or Perfetto; the stages inside a task are laid one after the other."""
    names = {worker: number for number, worker in enumerate(profile.workers)}
    first = min(span.began for span in profile.all_spans)
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": number, "args": {"name": worker}}
        for worker, number in names.items()
    ]

    def event(span: Span, name: str, began: float, seconds: float, run: str) -> dict[str, Any]:
        moment = {"ts": round((began - first) * 1e6), "dur": round(seconds * 1e6)}
        return {"ph": "X", "name": name, "cat": run, "pid": 1, "tid": names[span.worker], **moment}

    for run, spans in profile.spans.items():
        for span in spans:
            events.append(event(span, f"{span.task} {span.pair}", span.began, span.seconds, run))
            began = span.began
            for stage, seconds in sorted(span.stages.items(), key=lambda item: -item[1]):
                events.append(event(span, stage, began, seconds, run))
                began += seconds
    write_json(path, {"traceEvents": events})


def write_picture(path: Path, profile: Profile) -> None:
    """Draw runs, below them their tasks, below these the stages. Raises `RunError` for an unknown kind of file."""
    from evalkit.figures.files import save_figure
    from evalkit.figures.flame import Bar, flame_figure

    rows: list[list[Bar]] = [[], [], []]
    left = 0.0
    for run, spans in profile.spans.items():
        beginning = left
        for task in dict.fromkeys(span.task for span in spans):
            began = left
            for stage, seconds in stage_seconds([span for span in spans if span.task == task]).items():
                rows[2].append((stage, left, seconds))
                left += seconds
            rows[1].append((task, began, left - began))
        rows[0].append((Path(run).name, beginning, left - beginning))
    tasks = len(profile.all_spans)
    save_figure(flame_figure(rows, left, f"{tasks} tasks of {len(profile.workers)} workers"), path)
