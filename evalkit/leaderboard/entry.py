"""One row of a leaderboard, `leaderboards/<protocol>/<method>[@tag].json`: what was measured, by what, and how sure.

The file holds the run's summary, where it came from, and the clip means of every metric, one pair a line, so that
ranks can be redrawn without the run. `flags` says in words why a row that was added by force is not ranked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import RunError, UnknownNameError
from evalkit.files import atomic_path, read_json
from evalkit.measured import Measured, costs_of, machine, row_title
from evalkit.methods import find_method
from evalkit.records import SCHEMA_VERSION, check_schema, read_table
from evalkit.runfolder import RunFolder, read_header, read_summary

_TIMINGS = ("fps", "latency_s", "batch", "warm_up", "peak_memory_bytes", "peak_memory_of")
_PROVENANCE = ("evalkit", "commit", "dirty", "python", "libraries")
_SUMMARY = (
    "protocol",
    "protocol_version",
    "protocol_hash",
    "task",
    "data_hash",
    "method",
    "title",
    "complete",
    "pairs",
)


@dataclass(frozen=True)
class Clips:
    """Clip means: `pairs`, their identities, and per metric (value or None, frames scored) for every pair."""

    pairs: tuple[str, ...]
    sources: tuple[str, ...]
    drivings: tuple[str, ...]
    values: Mapping[str, tuple[tuple[float | None, int], ...]]


@dataclass(frozen=True)
class Entry:
    """A row. `content` is the JSON object without its clips; `name` the file's stem."""

    name: str
    path: Path
    content: Mapping[str, Any]
    clips: Clips

    @property
    def flags(self) -> tuple[str, ...]:
        """What was wrong with a run that was added by force; empty for a clean one."""
        return tuple(self.content["flags"])

    @property
    def ranked(self) -> bool:
        """Whether the row takes part in ranks: it was not forced, and is no anchor."""
        return not self.flags and not self.content["anchor"]

    def measured(self) -> Measured:
        """The row as tables take it."""
        content = self.content
        return Measured(
            name=str(self.path),
            title=row_title(content["title"], content["tag"]),
            tag=content["tag"],
            summary={**{key: content[key] for key in _SUMMARY}, "metrics": content["metrics"]},
            heading=content["heading"],
            dataset=content["dataset"],
            fps=content["speed"]["fps"],
            machine=content["speed"]["machine"],
            costs=costs_of(content["speed"]),
            identity=content["identity"],
            flags=self.flags,
            anchor=content["anchor"],
        )


def make_entry(run: Path, folder: Path, trained_on: Sequence[str] | None, *, force: bool = False) -> Entry:
    """The row of a run folder, for the leaderboards in `folder`. `trained_on` None asks the method's card.

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
    configuration, tag = header["configuration"], run.resolve().name.partition("@")[2]
    trained = _trained_on(summary["method"]) if trained_on is None else list(trained_on)
    content = {
        "schema_version": SCHEMA_VERSION,
        **{key: summary[key] for key in _SUMMARY},
        "tag": tag,
        "heading": header["protocol"]["title"],
        "dataset": header["protocol"]["dataset"],
        "anchor": summary["method"] in header["protocol"]["anchors"],
        "flags": flags,
        "trained_on": trained,
        "overlap": None if trained is None else overlaps(trained, header["protocol"]["dataset"]),
        "identity": {key: configuration.get(key) for key in ("checkpoint_sha256", "options")},
        "speed": {
            **{key: header["timings"].get(key) for key in _TIMINGS},
            "machine": machine(header["device"], configuration),
        },
        "provenance": {key: header["provenance"].get(key) for key in _PROVENANCE},
        "created": header["created"],
        "metrics": summary["metrics"],
    }
    name = summary["method"] + (f"@{tag}" if tag else "")
    return Entry(name, folder / summary["protocol"] / f"{name}.json", content, _read_clips(run))


def find_flags(summary: Mapping[str, Any], header: Mapping[str, Any]) -> list[str]:
    """Everything that keeps a run off a leaderboard, in words."""
    pairs, provenance = summary["pairs"], header["provenance"]
    low = [f"{key} {e['coverage']:.1%}" for key, e in summary["metrics"].items() if e["status"] == "low_coverage"]
    nothing = [key for key, e in summary["metrics"].items() if e["status"] == "nothing_scored"]
    found = [
        (pairs["run"] < pairs["protocol"], f"limited to {pairs['run']} of {pairs['protocol']} pairs"),
        (bool(pairs["failed"]), f"partial, {len(pairs['failed'])} of {pairs['run']} pairs failed"),
        (provenance["dirty"], f"made from changed code (commit {str(provenance['commit'])[:8]} with edits)"),
        (header["configuration"].get("random_weights"), "random weights"),
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
    keys = list(entry.clips.values)
    columns = {"columns": ["pair", "source_identity", "driving_identity", *keys, *(f"{key} frames" for key in keys)]}
    text = json.dumps({**entry.content, "clips": columns}, indent=2, ensure_ascii=False, allow_nan=False)
    rows = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in _rows(entry.clips)]
    head = text.removesuffix("\n    ]\n  }\n}")
    with atomic_path(entry.path) as temporary:
        lines = ",\n      ".join(rows)
        temporary.write_text(f'{head}\n    ],\n    "rows": [\n      {lines}\n    ]\n  }}\n}}\n', encoding="utf-8")


def read_entry(path: Path) -> Entry:
    """Read a row. Raises `RunError` for a newer schema, a damaged file, or one in another protocol's folder."""
    try:
        content = read_json(path)
        check_schema(path, int(content["schema_version"]))
        clips = content.pop("clips")
        entry = Entry(path.stem, path, content, _parse_clips(clips["columns"], clips["rows"]))
        entry.measured()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: damaged leaderboard file ({type(error).__name__}: {error}).") from error
    if content["protocol"] != path.parent.name:
        raise RunError(f"{path}: holds a result of {content['protocol']}; it belongs in {content['protocol']}/.")
    return entry


def _rows(clips: Clips) -> list[list[Any]]:
    columns = list(clips.values.values())
    return [
        [*names, *(column[i][0] for column in columns), *(column[i][1] for column in columns)]
        for i, names in enumerate(zip(clips.pairs, clips.sources, clips.drivings, strict=True))
    ]


def _parse_clips(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Clips:
    count = (len(columns) - 3) // 2
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("a row of clips is too short or too long")
    values = {
        key: tuple((row[3 + k], row[3 + count + k]) for row in rows) for k, key in enumerate(columns[3 : 3 + count])
    }
    pairs, sources, drivings = (tuple(row[i] for row in rows) for i in range(3))
    return Clips(pairs, sources, drivings, values)


def _read_clips(run: Path) -> Clips:
    rows = read_table(RunFolder(run).clips).to_pylist()
    pairs = {row["pair"]: (row["source_identity"], row["driving_identity"]) for row in rows}
    keys = list(dict.fromkeys(row["metric"] for row in rows))
    found = {(row["pair"], row["metric"]): (row["mean"], row["n"]) for row in rows}
    values = {key: tuple(found[pair, key] for pair in pairs) for key in keys}
    sources, drivings = (tuple(names[i] for names in pairs.values()) for i in range(2))
    return Clips(tuple(pairs), sources, drivings, values)


def _trained_on(method: str) -> list[str] | None:
    """What the card says; None for a method without one, or with weights and no statement."""
    try:
        card = find_method(method).card
    except UnknownNameError:
        return None
    return list(card.trained_on) if card.trained_on or card.kind == "baseline" else None


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
