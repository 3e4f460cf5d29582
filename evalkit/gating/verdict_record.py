"""A verdict as JSON: what `evalkit gate --json` prints and `evalkit history --add` reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from evalkit.errors import RunError
from evalkit.records.json_record import Content, Record, read_record, within_each
from evalkit.records.run import Amount, Better, Count, Share

Outcome = Literal["pass", "regression", "not_proven", "incomplete", "not_comparable"]
Status = Literal["better", "worse", "same", "not_proven", "suspicious", "broken"]
Basis = Literal["paired", "people left out", "redrawn", "unpaired", "tolerance only", "none"]


class MetricVerdict(Record):
    """One metric in a verdict. Numbers are in the metric's unit; a loss is a change for the worse."""

    key: str
    """Of the metric."""
    title: str
    """Name in tables."""
    better: Better
    """Which way is better."""
    unit: str
    """Unit of the values; empty without one."""
    signature: str | None
    """What the metric is; null when the baseline does not say."""
    status: Status
    """`same`: shown not to have lost as much as the margin. `not_proven`: neither that nor worse. `broken`: could not
    be measured or compared."""
    reason: str
    """Why, in words."""
    basis: Basis
    """What it was judged by; `redrawn` in files of schema 1 and 2 alone."""
    judged: bool
    """False for a metric that the rules ignore."""
    primary: bool
    """Whether most of the permitted false alarms belong to it."""
    allowed_unproven: bool
    """Whether the rules let it pass as not proven; never where it would be red if it were judged alone."""
    baseline: float | None
    """Value of the baseline."""
    candidate: float | None
    """Value of the candidate."""
    change: float | None
    """Candidate minus baseline, over the pairs both have where there are pairs."""
    change_low: float | None
    """Lower end of its 95 % interval."""
    change_high: float | None
    """Upper end."""
    typical: float | None
    """Loss of the typical clip as a share."""
    tolerance: float
    """Loss that is tolerated."""
    margin: float | None
    """Loss that has to be excluded for `same`; null in files of schema 1 and 2."""
    loss_high: float | None
    """Upper bound of the loss, one-sided, 95 %: below `margin` for `same`."""
    p: float | None
    """p-value of a loss, of this metric alone."""
    p_corrected: float | None
    """The same after correction over the metrics."""
    level: float | None
    """Chance of a false alarm at which it is called while no other metric is red; null where nothing was tested."""
    detectable: float | None
    """Smallest loss that this comparison calls with a chance of 80 %."""
    pairs: Count
    """Pairs that have a value on both sides."""
    identities: Count
    """Different people in these pairs, in either role."""
    baseline_coverage: Share | None
    """Share of frames with a value in the baseline."""
    candidate_coverage: Share | None
    """The same in the candidate."""


class WorstPair(Record):
    """A pair that lost most."""

    pair: str
    """Id of the pair."""
    metric: str
    """Key of the metric it lost most in."""
    baseline: float
    """Its value in the baseline."""
    candidate: float
    """Its value in the candidate."""
    tolerances: Amount | None
    """How many times the tolerance that is; null where nothing is tolerated."""


class SideFacts(Record):
    """One side of a comparison; null for what is unknown."""

    path: str
    """Where it was read from."""
    method: str
    """Id of the method."""
    title: str
    """Name in tables."""
    protocol: str
    """Id of the protocol."""
    protocol_hash: str
    """Digest of every key of the protocol that moves a number."""
    data_hash: str | None
    """Digest of the pairs and the clips behind them."""
    pairs: Count | None
    """Pairs that were scored."""
    checkpoint_sha256: str | None
    """Digest of the weights."""
    device: str | None
    """What computed the frames."""
    precision: str | None
    """Number format of the networks."""


class VerdictRecord(Record):
    """`evalkit gate --json`: everything a gate says."""

    schema_version: int
    """Of this file."""
    outcome: Outcome
    """The verdict."""
    exit_code: Count
    """0 pass, 1 regression, 3 not proven or incomplete, 4 not comparable."""
    stage: str
    """`full`, or the look of the quick stage that settled it."""
    reasons: tuple[str, ...]
    """Why it is not a pass."""
    warnings: tuple[str, ...]
    """What a reader should know beside it."""
    metrics: Mapping[str, MetricVerdict]
    """By metric key."""
    worst: tuple[WorstPair, ...]
    """The pairs that lost most, worst first."""
    baseline: SideFacts
    """What was compared with."""
    candidate: SideFacts
    """What was judged."""
    rules: Mapping[str, Any]
    """The rules (docs/gate.md), with their defaults."""
    statistics: Mapping[str, str]
    """How significance and intervals were found."""


def allowed(row: MetricVerdict) -> bool:
    """Whether a metric is not proven and the rules let that pass."""
    return row.status == "not_proven" and row.allowed_unproven


def read_verdict(path: Path) -> VerdictRecord:
    """What `evalkit gate --json` printed. Raises `RunError` for anything else."""
    try:
        return read_record(path, VerdictRecord, {1: _verdict_1, 2: _verdict_2})
    except RunError as error:
        raise RunError(f"{path}: not the verdict that `evalkit gate --json` prints ({error})") from error


def _verdict_1(content: Content) -> Content:
    """Schema 1 gained keys on the way."""
    return within_each(content, "metrics", lambda row: {"signature": None, "typical": None, **row})


def _verdict_2(content: Content) -> Content:
    """`same` was said of all that was no alarm, shown or not."""

    def row(found: Content) -> Content:
        kept = {"primary": False, "allowed_unproven": True, "margin": None, "loss_high": None, "level": None, **found}
        return {**kept, "status": not_shown(found.get("status"))}

    return within_each(content, "metrics", row)


def not_shown(status: object) -> object:
    """What a status of schema 1 or 2 is called now."""
    return "not_proven" if status == "same" else status
