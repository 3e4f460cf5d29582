"""The picture of a calibration: one panel per damage, one line per metric."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.files import atomic_path
from evalkit.metrics import Metric
from evalkit.types import Values

matplotlib.use("Agg")

from matplotlib import pyplot


def write_figure(path: Path, metrics: Sequence[Metric], answers: Sequence[Answer]) -> None:
    """Write a PNG.

    Every metric is drawn as worsening, divided by its largest worsening under any damage: 0 is clean, 1 the worst that
    any of these damages does to it. Lines of one metric can be compared across panels, lines of two metrics cannot.
    """
    columns = 4
    rows = -(-len(DEGRADATIONS) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4 * columns, 3 * rows), sharey=True, squeeze=False)
    for panel, degradation in zip(axes.flat, DEGRADATIONS, strict=False):
        for index, metric in enumerate(metrics):
            worsening = _worsening(metric, answers, degradation.id)
            scale = max(np.nanmax(np.abs(_worsening(metric, answers, d.id))) for d in DEGRADATIONS)
            style = ("-", "--", ":")[index // 10]
            panel.plot(range(len(worsening)), worsening / (scale or 1), style, marker=".", label=metric.key)
        panel.set_xticks(range(len(degradation.steps)), [f"{step:g}" for step in degradation.steps])
        panel.set_title(f"{degradation.id} ({degradation.unit})")
        panel.axhline(0, color="grey", linewidth=0.5)
    axes[0, 0].set_ylabel("worsening, share of the worst")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="lower center", ncols=6, fontsize="small")
    figure.tight_layout(rect=(0, 0.04 + 0.03 * (len(metrics) // 6), 1, 1))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=90)
    pyplot.close(figure)


def _worsening(metric: Metric, answers: Sequence[Answer], degradation: str) -> Values:
    values = [a.value for a in answers if a.metric == metric.key and a.degradation == degradation]
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.asarray((numbers - numbers[0]) * (1 if metric.better == "lower" else -1))
