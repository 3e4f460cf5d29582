"""The runs that take part in a study, by protocol, and the pairs on which all of them can be shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import content_sha256
from evalkit.errors import RunError, StudyError
from evalkit.protocol.schema import Protocol, read_protocol
from evalkit.records.run import read_header
from evalkit.records.run_folder import RunFolder
from evalkit.runs.find_clips import find_pairs, protocol_of
from evalkit.study.folder import LeftOut
from evalkit.tables.results import Measured, by_protocol, find_row, read_measured
from evalkit.types import Pair


@dataclass(frozen=True)
class Entrants:
    """Runs of one protocol (row title -> folder), and the pairs it has."""

    protocol: Protocol
    data_hash: str
    runs: Mapping[str, RunFolder]
    pairs: Sequence[Pair]


@dataclass(frozen=True)
class Candidate:
    """A pair of which every entrant has a generated clip: row title -> clip."""

    pair: Pair
    clips: Mapping[str, Path]


def read_entrants(
    runs: Sequence[Path], ours: str | None, data: Path | None = None, files: Sequence[Path] = ()
) -> tuple[list[Entrants], str | None]:
    """The runs by protocol, and the row title of `ours`.

    Pairs are looked for in `data`, or where the first run of a protocol says that its clips lay. `files` are protocols
    with pair lists that do not come with evalkit.

    Raises `RunError` for runs that cannot share a table, `UnknownNameError` when `ours` is not among them, and
    `StudyError` when a protocol has fewer than two methods, does not include `ours`, or has no pairs here.
    """
    results = [read_measured(path) for path in runs]
    groups = by_protocol(results)
    title = None if ours is None else find_row(results, ours)
    known = [read_protocol(path) for path in files]
    return [_entrants(group, title, data, known) for group in groups.values()], title


def find_candidates(entrants: Entrants, only: Collection[str] = ()) -> tuple[list[Candidate], list[LeftOut]]:
    """Pairs (those in `only`, if any) that every entrant made, with unchanged clips; the others with the reason."""
    candidates, left_out = [], []
    for pair in (pair for pair in entrants.pairs if pair.id in only or not only):
        clips: dict[str, Path] = {}
        reason = ""
        for title, folder in entrants.runs.items():
            found = _clip(folder, pair)
            if isinstance(found, str):
                reason = f"{title}: {found}"
                break
            clips[title] = found
        if reason:
            left_out.append(LeftOut(protocol=entrants.protocol.id, pair=pair.id, reason=reason))
        else:
            candidates.append(Candidate(pair, clips))
    return candidates, left_out


def _entrants(group: Sequence[Measured], ours: str | None, data: Path | None, known: Sequence[Protocol]) -> Entrants:
    runs = {result.title: RunFolder(Path(result.name)) for result in group}
    if len(runs) < 2:
        raise StudyError(f"{group[0].name} is the only run of {group[0].protocol}; a study compares at least two.")
    if ours is not None and ours not in runs:
        raise StudyError(f"{ours!r} has no run of {group[0].protocol}; it is to be compared with {', '.join(runs)}.")
    header = read_header(Path(group[0].name))
    pairs, reason = find_pairs(header, data, known)
    if reason is not None:
        raise StudyError(f"{group[0].name}: {reason}")
    return Entrants(protocol_of(header, known), str(group[0].summary.data_hash), runs, list(pairs.values()))


def _clip(folder: RunFolder, pair: Pair) -> Path | str:
    """The generated clip, or why it cannot be shown."""
    outcome = folder.read_outcome(pair.id)
    if outcome is None or outcome.generated is None or outcome.status != "ok":
        return outcome.reason or "failed" if outcome else "not run"
    try:
        path = folder.clip(outcome)
    except RunError as error:
        return str(error)
    wanted = (
        (path, outcome.generated_sha256, "generated clip"),
        (pair.source.path, outcome.source_sha256, "source"),
        (pair.driving.path, outcome.driving_sha256, "driving clip"),
    )
    for clip, digest, what in wanted:
        if not clip.exists():
            return f"the {what} is missing"
        if digest is not None and content_sha256(clip) != digest:
            return f"the {what} changed since the run"
    return path
