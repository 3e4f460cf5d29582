"""One row of a leaderboard, `leaderboards/<protocol>/<method>[@tag].json`: what was measured, by what, and how sure.

The file holds the run's summary, where it came from, and the clip means of every metric, one pair a line, so that
ranks can be made again without the run. `flags` says in words why a row that was added with `--force` is not ranked.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import atomic_path
from evalkit.base.text import check_plain
from evalkit.errors import RunError, UnknownNameError
from evalkit.leaderboard.row import BoardRow, Clips, RowProvenance, Speed, row_clips, row_in
from evalkit.leaderboard.verification import RowVerification, status_of
from evalkit.method.find import find_method
from evalkit.method.interface import MethodCard
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import content_of, parse_json, sealed
from evalkit.records.run import RunHeader, Summary, identity_of, read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.tables.results import Measured, costs_of, machine, read_measured, row_title
from evalkit.tables.words import Status

_CLIP_COLUMNS = ("pair", "source_identity", "driving_identity", "metric", "mean", "n")


@dataclass(frozen=True)
class Entry:
    """A row: `name` is the stem of its file, `clips` are those of the file by pair and metric."""

    name: str
    path: Path
    row: BoardRow
    clips: Clips

    @property
    def flags(self) -> tuple[str, ...]:
        """What was wrong with a run that was added with `--force`; empty for a clean one."""
        return self.row.flags

    @property
    def ranked(self) -> bool:
        """Whether the row takes part in ranks: it was not forced, and is not an anchor."""
        return not self.flags and not self.row.anchor

    @property
    def status(self) -> Status:
        """Who stands for the numbers."""
        return status_of(self.row.verification)

    def measured(self) -> Measured:
        """The row as tables take it."""
        row = self.row
        return Measured(
            name=str(self.path),
            title=row_title(row.title, row.tag),
            tag=row.tag,
            summary=row.summary,
            heading=row.heading,
            dataset=row.dataset,
            fps=row.speed.fps,
            machine=row.speed.machine,
            costs=costs_of(row.speed),
            identity=row.identity,
            flags=self.flags,
            anchor=row.anchor,
            status=self.status,
        )


def read_result(path: Path) -> Measured:
    """A run folder, or a row of a leaderboard (a file), as tables take it. Raises `RunError` for anything else."""
    return read_entry(path).measured() if path.is_file() else read_measured(path)


def make_entry(
    run: Path,
    folder: Path,
    trained_on: Sequence[str] | None,
    *,
    force: bool = False,
    verification: RowVerification | None = None,
) -> Entry:
    """The row of a run folder, for the leaderboards in `folder`. `trained_on` None asks the method's card.

    `verification` is what was computed again of this run; without it the row is self-reported.

    Raises `RunError` when the run is limited, partial, made from changed code or with random weights, or has a number
    with low coverage; with `force` the reasons become flags instead.
    """
    summary, header = read_summary(run), read_header(run)
    flags = find_flags(summary, header)
    if flags and not force:
        raise RunError(
            f"{run} is not fit for a leaderboard: {'; '.join(flags)}. Make a fit run, or add this one "
            "with --force: it is then marked and not ranked."
        )
    tag, protocol, clips = run.resolve().name.partition("@")[2], header.protocol, _read_clips(run)
    trained = _trained_on(summary.method) if trained_on is None else tuple(trained_on)
    row = BoardRow(
        schema_version=SCHEMA_VERSION,
        protocol=summary.protocol,
        protocol_version=summary.protocol_version,
        protocol_hash=summary.protocol_hash,
        task=summary.task,
        data_hash=summary.data_hash,
        method=summary.method,
        title=summary.title,
        complete=summary.complete,
        pairs=summary.pairs,
        tag=tag,
        heading=protocol.title,
        dataset=protocol.dataset,
        anchor=summary.method in protocol.anchors,
        flags=tuple(flags),
        trained_on=trained,
        overlap=None if trained is None else overlaps(trained, protocol.dataset),
        identity=identity_of(header.configuration),
        speed=_speed(header),
        provenance=RowProvenance(
            evalkit=header.provenance.evalkit,
            commit=header.provenance.commit,
            dirty=header.provenance.dirty,
            python=header.provenance.python,
            libraries=header.provenance.libraries,
        ),
        created=header.created,
        metrics=summary.metrics,
        clips=row_clips(clips),
        **({"verification": verification} if verification else {}),
    )
    name = summary.method + (f"@{tag}" if tag else "")
    check_plain(f"{run}: the row's name", name, RunError)
    return Entry(name, folder / summary.protocol / f"{name}.json", row, clips)


def _speed(header: RunHeader) -> Speed:
    timings = header.timings
    return Speed(
        fps=timings.fps,
        latency_s=timings.latency_s,
        batch=timings.batch,
        warm_up=timings.warm_up,
        peak_memory_bytes=timings.peak_memory_bytes,
        peak_memory_of=timings.peak_memory_of,
        machine=machine(header.device, header.configuration),
    )


def find_flags(summary: Summary, header: RunHeader) -> list[str]:
    """Everything that keeps a run off a leaderboard, in words."""
    pairs, provenance = summary.pairs, header.provenance
    low = [f"{key} {e.coverage:.1%}" for key, e in summary.metrics.items() if e.status == "low_coverage"]
    nothing = [key for key, e in summary.metrics.items() if e.status == "nothing_scored"]
    found = [
        (pairs.run < pairs.protocol, f"limited to {pairs.run} of {pairs.protocol} pairs"),
        (bool(pairs.failed), f"partial, {len(pairs.failed)} of {pairs.run} pairs failed"),
        (provenance.dirty, f"made from changed code (commit {str(provenance.commit)[:8]} with edits)"),
        (header.configuration.random_weights, "random weights"),
        (bool(low), f"coverage below the protocol's floor ({', '.join(low)})"),
        (bool(nothing), f"nothing could be scored for {', '.join(nothing)}"),
    ]
    return [text for wrong, text in found if wrong]


def overlaps(trained_on: Sequence[str], dataset: str) -> bool:
    """Whether a method saw the dataset: "VoxCeleb1 (train)" and plain "VoxCeleb" are `voxceleb1`; its test people are
    usually others, so this is a flag for the reader, not a verdict."""
    there = _plain(dataset)
    names = [_plain(name.partition("(")[0]) for name in trained_on]
    return any(name and (name == there or (there.startswith(name) and there[len(name) :].isdigit())) for name in names)


def write_entry(entry: Entry) -> None:
    """Write the row, atomically, with one pair a line."""
    content = content_of(entry.row)
    content = {"schema_version": content["schema_version"], "sha256": sealed(content)["sha256"], **content}
    rows = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in content["clips"].pop("rows")]
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    head = text.removesuffix("\n    ]\n  }\n}")
    with atomic_path(entry.path) as temporary:
        lines = ",\n      ".join(rows)
        temporary.write_text(f'{head}\n    ],\n    "rows": [\n      {lines}\n    ]\n  }}\n}}\n', encoding="utf-8")


def read_entry(path: Path) -> Entry:
    """Read a row. Raises `RunError` for a newer schema, a damaged file, or one in another protocol's folder."""
    row = row_in(path, parse_json(path))
    if row.protocol != path.parent.name:
        raise RunError(f"{path}: holds a result of {row.protocol}; it belongs in {row.protocol}/.")
    return Entry(path.stem, path, row, row.clips.parsed())


def _read_clips(run: Path) -> Clips:
    rows = read_clips(RunFolder(run).clips, _CLIP_COLUMNS).to_pylist()
    pairs = {row["pair"]: (row["source_identity"], row["driving_identity"]) for row in rows}
    keys = list(dict.fromkeys(row["metric"] for row in rows))
    found = {(row["pair"], row["metric"]): (row["mean"], row["n"]) for row in rows}
    values = {key: tuple(found[pair, key] for pair in pairs) for key in keys}
    sources, drivings = (tuple(names[i] for names in pairs.values()) for i in range(2))
    return Clips(tuple(pairs), sources, drivings, values)


def _trained_on(method: str) -> tuple[str, ...] | None:
    """What the card says; None for a method without one."""
    try:
        return trained_on_of(find_method(method).card)
    except UnknownNameError:
        return None


def trained_on_of(card: MethodCard) -> tuple[str, ...] | None:
    """What a card says; None for a method with weights and no statement."""
    return tuple(card.trained_on) if card.trained_on or card.kind == "baseline" else None


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
