"""What there is of a pair, and whether it still holds: nothing that does is made or scored again."""

from pathlib import Path

from evalkit.base.digests import Digests
from evalkit.clips import video
from evalkit.errors import EvalkitError, RunError
from evalkit.records.frame_scores import read_signatures
from evalkit.records.run_folder import Outcome
from evalkit.runs.plan import Plan
from evalkit.types import Pair


def notes_of(pair: Pair) -> tuple[str, ...]:
    """What is left out of the clips of a pair, or taken for granted."""
    return tuple(
        f"{name}: {note}"
        for name, clip in {"source": pair.source, "driving": pair.driving}.items()
        for note in video.notes(clip.path)
    )


def _digest(path: Path, digests: Digests) -> str | None:
    """sha256 of a clip; None for a missing or unreadable one; decoding it explains why."""
    try:
        return digests.of(path)
    except (OSError, EvalkitError):
        return None


def unmade(pair: Pair, digests: Digests) -> Outcome:
    """A pair before it is made: failed, with the digests of its clips."""
    source, driving, anchor, truth = (
        _digest(path, digests) if path else None
        for path in (pair.source.path, pair.driving.path, pair.anchor, pair.truth)
    )
    return Outcome(
        pair.id,
        "failed",
        source_sha256=source,
        driving_sha256=driving,
        anchor_sha256=anchor,
        truth_sha256=truth,
        source_frames=pair.source_frames,
    )


def kept(plan: Plan, pair: Pair, digests: Digests) -> Outcome | None:
    """The outcome of a pair that need not be made again: it went well, and the clips are still what they were.

    A generated clip that is gone is missed only where it has to be scored, for itself or as part of a set. Raises
    `RunError` when a clip or the given output is another one than was scored.
    """
    outcome = plan.folder.read_outcome(pair.id)
    if outcome is None or outcome.status == "failed":
        return None
    if path := replaced(pair, outcome, digests):
        raise RunError(
            f"{path} changed since {plan.folder.path} was made with it. Restore it, or start again with --tag NAME."
        )
    given = plan.given.get(pair.id)
    if given and _digest(given, digests) != (outcome.original_sha256 or outcome.generated_sha256):
        raise RunError(f"{given} changed since {plan.folder.path} was scored. Keep that run and add --tag NAME.")
    generated = plan.folder.path / (outcome.generated or "")
    intact = generated.exists() and _digest(generated, digests) == outcome.generated_sha256
    needed = any(not metric.by_frame for metric in plan.metrics) or not is_scored(plan, pair)
    return outcome if intact or not (generated.exists() or needed) else None


def made_of(pair: Pair, outcome: Outcome) -> list[tuple[Path, str | None]]:
    """The clips that a pair was made of, and their digests then."""
    made_of = [(pair.source.path, outcome.source_sha256), (pair.driving.path, outcome.driving_sha256)]
    more = ((pair.anchor, outcome.anchor_sha256), (pair.truth, outcome.truth_sha256))
    return made_of + [(path, digest) for path, digest in more if path and digest]


def replaced(pair: Pair, outcome: Outcome, digests: Digests) -> Path | None:
    """The first clip of a pair that is not what it was when the pair was made."""
    return next((path for path, digest in made_of(pair, outcome) if _digest(path, digests) != digest), None)


def is_scored(plan: Plan, pair: Pair) -> bool:
    """Whether the stored scores of a pair cover every metric of the plan under its present signature."""
    path = plan.folder.scores(pair.id)
    if not path.is_file():
        return False
    try:
        stored = read_signatures(path)
    except RunError:
        return False
    return plan.signatures(pair).items() <= stored.items()
