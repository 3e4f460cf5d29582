"""Verdicts on metrics, and their files: `audit.csv`, `readings.csv`, `audit.json`, `audit.md` and `audit.png`."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from evalkit.base.files import atomic_path, write_json
from evalkit.calibration.audit.audited import JUDGES, judge_of
from evalkit.calibration.audit.measure import Plan, Readings
from evalkit.calibration.audit.rank import TRUSTED, Order, Share, methods_agreement, order, order_of_sets
from evalkit.calibration.audit.truth import KINDS
from evalkit.figures.files import save_figure
from evalkit.figures.shares import Dot, shares_figure
from evalkit.metrics import Metric, find_metric
from evalkit.scoring.score_pair import metric_signatures
from evalkit.types import Values

SCHEMA_VERSION = 2
DRIVING, SOURCE, TRUTH = "driving", "source", "truth"


@dataclass(frozen=True)
class Verdict:
    """What the audit found of a metric.

    Attributes:
        metric: its key.
        against: what it compares the output with: "driving" or "source" as a benchmark without ground truth does,
            or "truth", as a judge.
        purpose: the kind of error it is taken for.
        order: how it orders faulty outputs.
        unscored: share of the outputs it has no value of.
        methods: how often it orders two methods as the judge does; None where nobody can judge.
        judge: key of the judge; "" for none.
    """

    metric: str
    against: str
    purpose: str
    order: Order
    unscored: float
    methods: Share | None
    judge: str


@dataclass(frozen=True)
class Audit:
    """Everything an audit found; `verdicts` are by purpose, the best first."""

    plan: Plan
    readings: Readings
    verdicts: tuple[Verdict, ...]

    def record(self) -> dict[str, object]:
        """What `audit.json` holds; a missing number is None."""
        return _record(self)


def audited(plan: Plan, metrics: Mapping[Metric, str], readings: Readings) -> Audit:
    """The verdicts on `metrics`, and on those of the judges that judge their purposes."""
    found = [_verdict(plan, metric, purpose, readings) for metric, purpose in metrics.items()]
    for metric in plan.judges:
        for purpose in dict.fromkeys(metrics.values()):
            if metric.key in JUDGES.get(purpose, ()):
                found.append(_of_judge(plan, metric, purpose, readings))
    kinds = list(KINDS)
    found.sort(key=lambda one: (kinds.index(one.purpose), one.against == TRUTH, -_known(one.order.agreement.mean)))
    return Audit(plan, readings, tuple(found))


def _verdict(plan: Plan, metric: Metric, purpose: str, readings: Readings) -> Verdict:
    count, error = len(plan.conditions), readings.true[purpose][: len(plan.conditions)]
    sources, drivings = _people(plan)
    if not metric.by_frame:
        worse = {kept: _worse(metric, values) for kept, values in readings.sets[metric.key].items()}
        found = order_of_sets({kept: values[:count] for kept, values in worse.items()}, error, sources, drivings)
        return Verdict(metric.key, metric.reference, purpose, found, 0.0, None, "")
    values = _worse(metric, readings.values[metric.key])
    judge, methods = judge_of(metric, purpose), None
    if judge in plan.judges and judge is not None and len(plan.methods) > 1:
        judged = _worse(judge, readings.against_truth[judge.key])
        methods = methods_agreement(values[count:], judged[count:], sources, drivings)
    missing = float(np.isnan(values[:count]).mean())
    found = order(values[:count], error, sources, drivings)
    return Verdict(
        metric.key, metric.reference, purpose, found, missing, methods, judge.key if methods and judge else ""
    )


def _of_judge(plan: Plan, metric: Metric, purpose: str, readings: Readings) -> Verdict:
    count = len(plan.conditions)
    values = _worse(metric, readings.against_truth[metric.key])[:count]
    found = order(values, readings.true[purpose][:count], *_people(plan))
    return Verdict(metric.key, TRUTH, purpose, found, float(np.isnan(values).mean()), None, "")


def _worse(metric: Metric, values: Values) -> Values:
    return -values if metric.better == "higher" else values


def _people(plan: Plan) -> tuple[list[str], list[str]]:
    return [pair.source.identity for pair in plan.pairs], [pair.driving.identity for pair in plan.pairs]


def _known(value: float) -> float:
    return value if math.isfinite(value) else -1.0


def write_audit(folder: Path, audit: Audit) -> None:
    """Write all files of an audit into `folder`, atomically."""
    _write(folder / "audit.csv", _csv(_rows(audit.verdicts)))
    _write(folder / "readings.csv", _csv(_readings(audit)))
    write_json(folder / "audit.json", audit.record())
    _write(folder / "audit.md", page(audit))
    save_figure(shares_figure(dots(audit.verdicts), _TITLE, _READING), folder / "audit.png")


_TITLE = "Does the metric order outputs as the truth does?"
_READING = (
    "share of couples of outputs in the true order (dashed: chance), 95 % intervals  ·  open: against the true clip",
    "blue: trusted  ·  orange: partly  ·  grey: chance  ·  red: against the truth  ·  "
    "right: faulty outputs called better than the true one",
)


def dots(verdicts: Sequence[Verdict]) -> list[Dot]:
    """The lines of the figure; a metric without a value has none."""
    return [
        Dot(
            one.purpose,
            one.metric,
            one.order.agreement.mean,
            one.order.agreement.interval,
            one.order.verdict,
            one.against == TRUTH,
            _percent(one.order.flattered.mean),
        )
        for one in verdicts
        if math.isfinite(one.order.agreement.mean)
    ]


def page(audit: Audit) -> str:
    """The audit as a Markdown page."""
    plan, verdicts = audit.plan, audit.verdicts
    people = len({name for names in _people(plan) for name in names})
    kinds = dict.fromkeys(one.purpose for one in verdicts)
    methods = ", ".join(plan.methods) or "none"
    lines = [
        "# Which metrics order outputs as the truth does",
        "",
        f"{len(plan.conditions)} outputs with a known fault and {len(plan.methods)} methods ({methods}), over "
        f"{len(plan.pairs)} pairs of {people} people, {plan.protocol.driving.maximum} frames each, "
        f"{plan.protocol.driving.stride} apart. Protocol {plan.protocol.id} v{plan.protocol.version}.",
        "",
        "![Agreement with the truth](audit.png)",
        "",
        verdicts_table(verdicts),
        "",
        *(f"- **{kind}**: {KINDS[kind]}." for kind in kinds),
        "",
        "## Methods",
        "",
        methods_table(verdicts) or "No metric could be judged on methods.",
        "",
        "## Faults",
        "",
        *(f"- {condition.name}: {condition.words}" for condition in plan.conditions),
        "",
    ]
    return "\n".join(lines)


def verdicts_table(verdicts: Sequence[Verdict]) -> str:
    """A row per metric: how it orders outputs with known faults."""
    rows = [
        (
            one.purpose,
            f"`{one.metric}`",
            one.against,
            _number(one.order.agreement),
            _number(one.order.tau),
            _percent(one.order.flattered.mean),
            _percent(one.unscored),
            one.order.verdict,
        )
        for one in verdicts
    ]
    head = ("for", "metric", "against", "agreement", "tau-b", "better than the truth", "unscored", "trusted")
    return _markdown(head, rows)


def methods_table(verdicts: Sequence[Verdict]) -> str:
    """A row per metric that somebody can judge: how it orders methods; "" for none."""
    rows = [(one.purpose, f"`{one.metric}`", f"`{one.judge}`", _number(one.methods)) for one in verdicts if one.methods]
    return _markdown(("for", "metric", "judge, against the truth", "agreement"), rows) if rows else ""


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(share: Share) -> str:
    if not math.isfinite(share.mean):
        return "-"
    if share.interval is None:
        return f"{share.mean:.2f} ({share.word})"
    return f"{share.mean:.2f} ({share.interval[0]:.2f} to {share.interval[1]:.2f})"


def _percent(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "-"


def _rows(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    return [
        {
            "metric": one.metric,
            "against": one.against,
            "purpose": one.purpose,
            **_columns("agreement", one.order.agreement),
            **_columns("tau_b", one.order.tau),
            **_columns("better_than_truth", one.order.flattered),
            "unscored": one.unscored,
            "trusted": one.order.verdict,
            "judge": one.judge,
            **_columns("methods", one.methods or Share(math.nan, None, 0)),
        }
        for one in verdicts
    ]


def _columns(name: str, share: Share) -> dict[str, object]:
    low, high = share.interval or (math.nan, math.nan)
    numbers = {name: share.mean, f"{name}_low": low, f"{name}_high": high}
    found: dict[str, object] = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return found | {f"{name}_n": share.pairs}


def _readings(audit: Audit) -> list[dict[str, object]]:
    """One row per output, pair and number: values of metrics, and exact errors as `true`."""
    plan, readings = audit.plan, audit.readings
    parts = [
        *(("", key, values) for key, values in readings.values.items()),
        *((TRUTH, key, values) for key, values in readings.against_truth.items()),
        *(("exact", kind, values) for kind, values in readings.true.items()),
    ]
    return [
        {
            "output": name,
            "pair": pair.id,
            "number": key,
            "against": against or find_metric(key).reference,
            "value": float(values[row, column]) if math.isfinite(values[row, column]) else None,
        }
        for against, key, values in parts
        for row, name in enumerate(plan.outputs)
        for column, pair in enumerate(plan.pairs)
    ]


def _record(audit: Audit) -> dict[str, object]:
    plan = audit.plan
    return {
        "schema_version": SCHEMA_VERSION,
        "protocol": plan.protocol.id,
        "protocol_version": plan.protocol.version,
        "driving": plan.protocol.driving.model_dump(),
        "pairs": [
            {"id": pair.id, "source": pair.source.identity, "driving": pair.driving.identity} for pair in plan.pairs
        ],
        "faults": [
            {"id": fault.id, "unit": fault.unit, "steps": list(fault.steps)}
            for fault in dict.fromkeys(condition.fault for condition in plan.conditions)
            if fault
        ],
        "methods": {name: asdict(entrant.made_by) for name, entrant in plan.methods.items()},
        "failed": dict(audit.readings.failed),
        "errors": dict(KINDS),
        "trusted_from": TRUSTED,
        "signatures": metric_signatures(plan.without_truth, plan.metrics),
        "judges": metric_signatures(plan.protocol, plan.judges),
        "verdicts": _rows(audit.verdicts),
    }


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
