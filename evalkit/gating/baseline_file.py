"""The baseline file of a gate: what it needs of a run in one JSON file, with a digest of its content."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from evalkit.errors import RunError
from evalkit.records.json_record import Content, Record, build, check_seal, within
from evalkit.records.run import Count, Share, Summary, summary_1

KIND: Literal["evalkit_gate_baseline"] = "evalkit_gate_baseline"


class BaselineRun(Record):
    """How the baseline was measured; null for what is unknown."""

    averaging: Literal["clip", "frame"]
    """Of the protocol."""
    coverage_floor: Share
    """Of the protocol."""
    device: str | None
    """What computed the frames: `cpu` or `cuda`."""
    precision: str | None
    """Number format of the networks."""
    checkpoint_sha256: str | None
    """Digest of the weights."""
    evalkit: str
    """Version of evalkit that made the run."""
    commit: str | None
    """Its commit."""


class BaselinePair(Record):
    """One pair."""

    pair: str
    """Id of the pair."""
    source_identity: str
    """Who is in the source clip."""
    driving_identity: str
    """Who is in the driving clip."""
    data: str | None
    """Digest of its source and driving clips; null when unknown."""
    whole: str | None = None
    """Digest of its id, clips, source frames and anchor; null when unknown, absent in older files."""


class BaselineScores(Record):
    """One metric, in the order of `pairs`."""

    mean: tuple[float | None, ...]
    """Mean over the frames of a pair; null where nothing was scored."""
    n: tuple[Count, ...]
    """Frames in it."""
    coverage: tuple[Share, ...]
    """Share of the frames that have a value."""


class BaselineFile(Record):
    """`evalkit gate save RUN FILE`: small enough for git."""

    schema_version: int
    """Of this file."""
    kind: Literal["evalkit_gate_baseline"]
    """Tells it from other JSON files."""
    sha256: str
    """Digest of everything else, as canonical JSON: a file that was edited by hand is refused."""
    summary: Summary
    """The run's `summary.json`."""
    run: BaselineRun
    """How it was measured."""
    pairs: tuple[BaselinePair, ...]
    """The pairs, in the order of all scores."""
    scores: Mapping[str, BaselineScores]
    """By metric key; set metrics have none."""

    @model_validator(mode="after")
    def _one_score_per_pair(self) -> "BaselineFile":
        for key, columns in self.scores.items():
            if any(len(column) != len(self.pairs) for column in (columns.mean, columns.n, columns.coverage)):
                raise ValueError(f"the scores of {key} are not one for each of {len(self.pairs)} pairs")
        return self


def baseline_in(path: Path, content: Content) -> BaselineFile:
    """`content` of the file `path`. Raises `RunError` when it is damaged or was changed since it was written."""
    if "sha256" not in content:
        raise RunError(f"{path}: lacks its sha256. Restore it, or make it again with `evalkit gate save RUN FILE`.")
    check_seal(path, content)
    return build(path, BaselineFile, content, {1: _baseline_1})


def _baseline_1(content: Content) -> Content:
    return within(content, "summary", lambda summary: {**summary_1(summary), "schema_version": 2})
