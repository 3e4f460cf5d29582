"""A calibration in words: the value of a metric on clean clips and at the worst step of every damage."""

from collections.abc import Sequence

from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.truth import Track
from evalkit.metrics import Metric

BLIND = 0.02
"""A metric whose worsening stays below this share of its worst one does not see a damage."""


def answers_table(metrics: Sequence[Metric], answers: Sequence[Answer]) -> str:
    """Markdown: a row per metric, the clean value, then the value at the strongest step of each damage.

    Values that the damage (almost) does not change are in brackets; * marks steps where faces were lost.
    """
    heads = [f"{d.id} {d.steps[-1]:g} {d.unit}" for d in DEGRADATIONS]
    lines = [f"| metric | clean | {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) + 1)]
    for metric in metrics:
        known = {(a.degradation, a.step): a for a in answers if a.metric == metric.key}
        clean = known[DEGRADATIONS[0].id, DEGRADATIONS[0].steps[0]]
        last = [known[d.id, d.steps[-1]] for d in DEGRADATIONS]
        most = max((_moved(clean, answer) for answer in last), default=0.0)
        cells = [_cell(metric, answer, _moved(clean, answer) <= BLIND * most, clean) for answer in last]
        lines.append(f"| `{metric.key}` | {_cell(metric, clean, False, clean)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def tracks_table(tracks: Sequence[Track]) -> str:
    """Markdown: the correlation of each metric with the true difference it is meant for, and with the other one."""
    lines = ["| metric | r with its truth | r with the other | pairs of frames |", "|---|---:|---:|---:|"]
    lines += [f"| `{t.metric}` | {t.correlation:.2f} | {t.other:.2f} | {len(t.true)} |" for t in tracks]
    return "\n".join(lines) + "\n"


def _moved(clean: Answer, answer: Answer) -> float:
    return 0.0 if answer.value is None or clean.value is None else abs(answer.value - clean.value)


def _cell(metric: Metric, answer: Answer, blind: bool, clean: Answer) -> str:
    if answer.value is None:
        return "none"
    text = f"{answer.value:.{metric.decimals}f}"
    return (f"({text})" if blind else text) + ("\\*" if answer.coverage < clean.coverage else "")
