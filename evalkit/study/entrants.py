"""The runs that take part in a study, by protocol, and the pairs on which all of them can be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import StudyError, UnknownNameError
from evalkit.files import content_sha256
from evalkit.measured import Measured, by_protocol, find_row, read_measured
from evalkit.protocol import Protocol, find_protocol, read_protocol
from evalkit.runfolder import RunFolder
from evalkit.study.folder import LeftOut
from evalkit.types import Pair


@dataclass(frozen=True)
class Entrants:
    """Runs of one protocol: row title -> folder."""

    protocol: Protocol
    data_hash: str
    runs: Mapping[str, RunFolder]


@dataclass(frozen=True)
class Candidate:
    """A pair of which every entrant has a generated clip: row title -> clip."""

    pair: Pair
    clips: Mapping[str, Path]


def read_entrants(runs: Sequence[Path], files: Sequence[Path], ours: str | None) -> tuple[list[Entrants], str | None]:
    """The runs by protocol, and the row title of `ours`. `files` are protocols that do not come with evalkit.

    Raises `RunError` for runs that cannot share a table, `UnknownNameError` when `ours` is not among them, and
    `StudyError` when a protocol has fewer than two methods, lacks `ours`, or is not the one that was run.
    """
    results = [read_measured(path) for path in runs]
    groups = by_protocol(results)
    title = None if ours is None else find_row(results, ours)
    known = [read_protocol(path) for path in files]
    return [_entrants(group, title, known) for group in groups.values()], title


def find_candidates(entrants: Entrants, pairs: Sequence[Pair]) -> tuple[list[Candidate], list[LeftOut]]:
    """Pairs that every entrant made, with unchanged clips; the others with the reason."""
    candidates, left_out = [], []
    for pair in pairs:
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


def _entrants(group: Sequence[Measured], ours: str | None, known: Sequence[Protocol]) -> Entrants:
    runs = {result.title: RunFolder(Path(result.name)) for result in group}
    if len(runs) < 2:
        raise StudyError(f"{group[0].name} is the only run of {group[0].protocol}; a study compares two at least.")
    if ours is not None and ours not in runs:
        raise StudyError(f"{ours!r} has no run of {group[0].protocol}; it is to be compared with {', '.join(runs)}.")
    return Entrants(_protocol(group[0], known), str(group[0].summary["data_hash"]), runs)


def _protocol(result: Measured, known: Sequence[Protocol]) -> Protocol:
    mine = [protocol for protocol in known if protocol.id == result.protocol]
    try:
        protocol = mine[0] if mine else find_protocol(result.protocol)
    except UnknownNameError as error:
        raise StudyError(f"{result.name}: {error} Give the file of its protocol with --protocol FILE.") from error
    if protocol.hash != result.summary["protocol_hash"]:
        there, here = str(result.summary["protocol_hash"])[:8], protocol.hash[:8]
        raise StudyError(f"{result.name} was run with another version of {protocol.id} ({there} there, {here} here).")
    return protocol


def _clip(folder: RunFolder, pair: Pair) -> Path | str:
    """The generated clip, or why it cannot be shown."""
    outcome = folder.read_outcome(pair.id)
    if outcome is None or outcome.generated is None or outcome.status != "ok":
        return outcome.reason or "failed" if outcome else "not run"
    path = folder.path / outcome.generated
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
