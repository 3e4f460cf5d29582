"""A verdict as cells of a table, as JUnit XML, and as annotations of GitHub Actions."""

import xml.etree.ElementTree as Xml
from collections.abc import Mapping

from evalkit.gating.judge import ALARMS
from evalkit.gating.verdict import Verdict
from evalkit.gating.verdict_record import MetricVerdict, allowed
from evalkit.metrics import METRICS
from evalkit.tables.cells import ARROWS

HEADLINES: Mapping[str, str] = {
    "pass": "Pass: shown not worse than the baseline",
    "regression": "Regression",
    "not_proven": "Not proven: no loss was shown, but one cannot be excluded",
    "incomplete": "Incomplete: not everything could be measured",
    "not_comparable": "Not comparable with the baseline",
}
COLUMNS = (
    "Metric",
    "Verdict",
    "Baseline",
    "Candidate",
    "Change",
    "95 % interval",
    "Tolerated",
    "Lost at most",
    "Margin",
    "p",
    "Could see",
    "n",
)
_WORDS = {"not_proven": "not proven"}


def cells(row: MetricVerdict) -> tuple[str, ...]:
    """One metric as texts under `COLUMNS`."""
    beside = " (not judged)" if not row.judged else " (allowed)" if allowed(row) else ""
    status = _WORDS.get(row.status, row.status) + beside
    interval = "-"
    if row.change_low is not None and row.change_high is not None:
        interval = f"{_number(row, row.change_low, '+')} to {_number(row, row.change_high, '+')}"
    return (
        f"{row.key} {ARROWS[row.better]}",
        status,
        _number(row, row.baseline),
        _number(row, row.candidate),
        _number(row, row.change, "+"),
        interval,
        _number(row, row.tolerance),
        _number(row, row.loss_high),
        _number(row, row.margin),
        "-" if row.p_corrected is None else f"{row.p_corrected:.3g}",
        _number(row, row.detectable),
        f"{row.pairs} / {row.identities}" if row.pairs else "-",
    )


def explanation(verdict: Verdict) -> str:
    """What the columns mean, in one paragraph."""
    return (
        "Worse: a loss beyond what is tolerated, significant after correction over the metrics, which together raise a "
        f"false alarm with at most {1 - verdict.rules.confidence:.3g}. Same: the metric lost at most less than its "
        "margin (upper bound, 95 %). Not proven: neither. p: corrected. Could see: the smallest loss that this "
        "comparison calls with a chance of 80 %. n: pairs / people."
    )


def junit(verdict: Verdict) -> str:
    """JUnit XML: one test case per metric; alarms are failures, what is not proven or not measured is an error."""
    suite = Xml.Element("testsuite", name="evalkit gate")
    if verdict.outcome in ("incomplete", "not_comparable"):
        case = Xml.SubElement(suite, "testcase", classname="evalkit.gate", name="comparison")
        Xml.SubElement(case, "error", message=_xml(" ".join(verdict.reasons)), type=verdict.outcome)
    for row in verdict.metrics:
        case = Xml.SubElement(suite, "testcase", classname="evalkit.gate", name=row.key)
        text = _xml(f"{row.key}: {_WORDS.get(row.status, row.status)}, {row.reason}")
        if not row.judged:
            Xml.SubElement(case, "skipped", message="not judged")
        elif row.status in ALARMS:
            Xml.SubElement(case, "failure", message=text, type=row.status)
        elif row.status in ("broken", "not_proven") and not allowed(row):
            Xml.SubElement(case, "error", message=text, type=row.status)
        printed = "; ".join(f"{name}: {cell}" for name, cell in zip(COLUMNS, cells(row), strict=True))
        Xml.SubElement(case, "system-out").text = _xml(printed)
    for kind, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(sum(1 for _ in suite.iter(tag))))
    Xml.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suite, encoding="unicode") + "\n"


def annotations(verdict: Verdict) -> list[str]:
    """Workflow commands of GitHub Actions: an error for each reason, a warning for each warning, else a notice."""
    lines = [_command("error", HEADLINES[verdict.outcome], text) for text in verdict.reasons]
    lines += [_command("warning", "evalkit gate", text) for text in verdict.warnings]
    if verdict.outcome == "pass":
        judged = sum(row.judged for row in verdict.metrics)
        lines.append(_command("notice", "evalkit gate", f"{HEADLINES['pass']} on {judged} metrics."))
    return lines


def _number(row: MetricVerdict, value: float | None, sign: str = "") -> str:
    """One decimal more than tables print; more where nothing but zeros would show."""
    if value is None:
        return "-"
    decimals = (METRICS[row.key].decimals if row.key in METRICS else 3) + 1
    text = f"{value:{sign}.{decimals}f}"
    return text if float(text) or not value else f"{value:{sign}.1e}"


def _xml(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n\r")


def _command(kind: str, title: str, text: str) -> str:
    safe = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    titled = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={titled}::{safe}"
