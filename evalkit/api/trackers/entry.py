"""What of a run a tracker gets: values with their intervals, what they are, a picture, and the worst clips."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.api.finished import Run
from evalkit.errors import EvalkitError
from evalkit.records.run_folder import RunFolder
from evalkit.report.collect import slug
from evalkit.report.media import ClipFile, Mosaic, PairMedia, make_mosaic
from evalkit.runs.find_clips import find_pairs, recorded_protocol


@dataclass(frozen=True)
class Place:
    """Where an entry goes: the project or experiment, the folder of a tracker that writes files, and the step.

    Without a `folder` the tracker's own default counts. A `step` of None is not given on.
    """

    project: str = "evalkit"
    folder: Path | None = None
    step: int | None = None


@dataclass(frozen=True)
class Entry:
    """A run for a tracker.

    Attributes:
        name: what the run is called there.
        values: `<protocol>/<metric key>`, `<protocol> ci_low/...`, `<protocol> ci_high/...`, `<protocol> coverage/...`.
        facts: what the values are: signatures, protocol, data, method, versions.
        pictures: name -> PNG file.
        videos: name -> MP4 file: source, driving and generated clip side by side.
        files: what is kept as it is, where a tracker keeps files.
    """

    name: str
    values: Mapping[str, float]
    facts: Mapping[str, str]
    pictures: Mapping[str, Path] = field(default_factory=dict)
    videos: Mapping[str, Path] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def entry_of(run: Run, name: str | None, worst: int, folder: Path) -> Entry:
    """The entry of a run, with videos of its `worst` pairs made in `folder`."""
    paths = RunFolder(run.path)
    sheet = {"contact sheet": paths.contact_sheet} if paths.contact_sheet.is_file() else {}
    return Entry(
        name=name or run.title,
        values=values_of(run),
        facts=_facts(run),
        pictures=sheet,
        videos=_videos(run, worst, folder),
        files=tuple(path for path in (paths.summary, paths.header, paths.clips) if path.is_file()),
    )


def values_of(run: Run) -> dict[str, float]:
    """The numbers of a run by the names they have in trackers; what has no value is left out."""
    protocol, found = run.summary.protocol, dict[str, float | None]()
    for key, entry in run.metrics.items():
        parts = {"": entry.value, " ci_low": entry.ci_low, " ci_high": entry.ci_high}
        parts[" coverage"] = entry.coverage if entry.status != "unavailable" else None
        found |= {f"{protocol}{part}/{key}": value for part, value in parts.items()}
    found[f"{protocol}/fps"] = run.header.timings.fps
    return {name: value for name, value in found.items() if value is not None}


def _facts(run: Run) -> dict[str, str]:
    summary, configuration = run.summary, run.header.configuration
    facts = {
        "protocol": f"{summary.protocol} v{summary.protocol_version}",
        "protocol_hash": summary.protocol_hash,
        "data_hash": summary.data_hash,
        "method": summary.method,
        "title": run.title,
        "complete": "yes" if summary.complete else "no",
        "pairs": f"{summary.pairs.scored} of {summary.pairs.protocol}",
        "checkpoint_sha256": configuration.checkpoint_sha256,
        "code_sha256": configuration.code_sha256,
        "evalkit": run.header.provenance.evalkit,
        "commit": run.header.provenance.commit,
        "run_folder": str(run.path.resolve()),
    }
    facts |= {f"signature/{key}": entry.signature for key, entry in run.metrics.items()}
    return {name: text for name, text in facts.items() if text}


def _videos(run: Run, count: int, folder: Path) -> dict[str, Path]:
    """Name -> video of the worst pairs; a pair whose clips are not there any more is left out."""
    if not count:
        return {}
    try:
        protocol = recorded_protocol(run.header)
        pairs, _ = find_pairs(run.header, None)
    except EvalkitError:
        return {}
    paths, found = RunFolder(run.path), {}
    for rank, name in enumerate(run.worst(count), 1):
        outcome, pair = paths.read_outcome(name), pairs.get(name)
        if outcome is None or not outcome.generated:
            continue
        clips = [ClipFile("0", paths.clip(outcome), outcome.generated_sha256)]
        if pair is not None:
            clips.insert(0, ClipFile("driving", pair.driving.path, outcome.driving_sha256))
            clips.insert(0, ClipFile("source", pair.source.path, outcome.source_sha256, pair.source_frames))
        size = protocol.resolution
        media = PairMedia(slug(name), folder, tuple(clips), outcome.frames, size, protocol.selection)
        made = make_mosaic(media)
        if isinstance(made, Mosaic):
            found[f"worst {rank}: {name}"] = folder / made.video
    return found
