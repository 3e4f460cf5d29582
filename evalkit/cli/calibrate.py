"""What `evalkit metrics calibrate` does: clips, damage, picture, values."""

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evalkit.availability import unavailable
from evalkit.cache import FeatureCache
from evalkit.calibration.calibrate import Answer, calibrate
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.figure import write_figure
from evalkit.cli.console import pair_progress, say
from evalkit.datasets import DATASETS
from evalkit.evaluate import Scorer
from evalkit.features import FeatureBank
from evalkit.files import atomic_path
from evalkit.protocol import find_protocol
from evalkit.run import choose_metrics


def run_calibration(name: str, data: Path | None, metrics: Sequence[str], count: int, out: Path) -> list[Answer]:
    """Calibrate on `count` clips, of different people as far as possible; write picture and CSV."""
    protocol = find_protocol(name)
    dataset = DATASETS.get(protocol.dataset)
    clips = [clip for clip in dataset.index(dataset.resolve_root(data)) if clip.kind == "clip"]
    spread = sorted(clips, key=lambda c: sum(o.identity == c.identity and o.id < c.id for o in clips))[:count]
    asked = choose_metrics(protocol, metrics)
    missing = unavailable(asked)
    for key, reason in missing.items():
        say(f"{key} is left out. {reason}")
    chosen = tuple(metric for metric in asked if metric.key not in missing and metric.level == "frame")
    steps = sum(len(degradation.steps) for degradation in DEGRADATIONS)
    with tempfile.TemporaryDirectory() as folder, pair_progress("calibrate", steps) as progress:
        scorer = Scorer(protocol, chosen, FeatureBank(FeatureCache(Path(folder))))
        answers = calibrate(scorer, spread, Path(folder), lambda kind, step: progress(f"{kind} {step:g}", "done"))
    write_figure(out, chosen, answers)
    with atomic_path(out.with_suffix(".csv")) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["metric", "degradation", "step", "value", "coverage"])
        writer.writerows(
            [a.metric, a.degradation, a.step, "" if a.value is None else a.value, a.coverage] for a in answers
        )
    return answers
