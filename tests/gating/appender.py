"""Appends to a history from a process of its own; imports little, so that it starts at once."""

from pathlib import Path

from evalkit.gating import history
from evalkit.gating.verdict_record import MetricVerdict, SideFacts, VerdictRecord
from evalkit.records.frame_scores import SCHEMA_VERSION

METRIC = "akd[dlib68]"


def verdict_of(value, signature="akd|v1", title="M", data_hash="d"):
    """A verdict that judged nothing but one metric."""
    unknown = ("change_low", "change_high", "typical", "p", "p_corrected", "detectable", "margin", "loss_high", "level")
    numbers = dict.fromkeys(unknown)
    row = MetricVerdict(
        key=METRIC,
        title="AKD",
        better="lower",
        unit="px",
        signature=signature,
        status="same",
        reason="a loss of 0.2 or more is excluded",
        basis="paired",
        judged=True,
        primary=True,
        allowed_unproven=False,
        baseline=1.0,
        candidate=value,
        change=0.0,
        tolerance=0.1,
        pairs=40,
        identities=20,
        baseline_coverage=1.0,
        candidate_coverage=1.0,
        **numbers,
    )
    side = SideFacts(
        path="runs/m",
        method="m",
        title=title,
        protocol="small",
        protocol_hash="a" * 64,
        data_hash=data_hash,
        pairs=40,
        checkpoint_sha256="c" * 64,
        device="cpu",
        precision="fp32",
    )
    return VerdictRecord(
        schema_version=SCHEMA_VERSION,
        outcome="pass",
        exit_code=0,
        stage="full",
        reasons=(),
        warnings=(),
        metrics={METRIC: row},
        worst=(),
        baseline=side,
        candidate=side,
        rules={},
        statistics={},
    )


def append_many(path: Path, start: int) -> None:
    """25 lines with the values start, start + 1, ..."""
    for number in range(25):
        history.append(path, verdict_of(float(start + number)), f"commit{start + number}")
