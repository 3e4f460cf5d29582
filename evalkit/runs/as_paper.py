"""Finished runs in the columns of a paper: which they have, and where their rules are others than the paper's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import RunError
from evalkit.protocol.presets import Preset, TaskPreset, find_preset
from evalkit.records.run import RunHeader, read_header
from evalkit.tables.following import points_line


@dataclass(frozen=True)
class PaperColumns:
    """The columns of a paper that some runs have, in its order, and lines for below the table."""

    metrics: tuple[str, ...]
    notes: tuple[str, ...]


def paper_columns(folders: Sequence[Path], preset: str) -> PaperColumns:
    """What `evalkit table --as PRESET` shows of finished runs.

    Raises `RunError` when they have none of the paper's metrics, `ProtocolError` for a task it has no numbers for.
    """
    chosen = find_preset(preset)
    headers = {header.protocol.id: header for header in map(read_header, folders)}
    tasks = {name: chosen.of(header.protocol.task) for name, header in headers.items()}
    asked = tuple(dict.fromkeys(key for task in tasks.values() for key in task.metrics))
    there = {key for header in headers.values() for key in header.metrics}
    if not there & set(asked):
        raise RunError(
            f"--as {preset}: these runs have none of its metrics ({', '.join(asked)}). "
            f"`evalkit run --as {preset}` measures them."
        )
    notes: list[str] = []
    for name, header in headers.items():
        notes += _notes(name, header, chosen, tasks[name])
    return PaperColumns(tuple(key for key in asked if key in there), tuple(notes))


def _notes(name: str, header: RunHeader, preset: Preset, task: TaskPreset) -> list[str]:
    lacking = [key for key in task.metrics if key not in header.metrics]
    told = [f"{name}: {preset.title} also reports {', '.join(lacking)}, which these runs lack"] if lacking else []
    if header.protocol.follows == preset.id:
        return told
    content = header.protocol.content
    ruled = task.settings.model_dump(mode="json", exclude_none=True)
    other = [key for key, value in ruled.items() if content.get(key) != value]
    differ = f"differ in {', '.join(other)}" if other else "are the same"
    told.append(f"{name}: made without --as {preset.id}; its rules {differ}")
    return [*told, points_line(name, preset.id, task.points)]
