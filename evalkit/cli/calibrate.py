"""What `evalkit metrics calibrate` does: clips, damage, truth, pictures, values."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.calibration.answers import write_answers
from evalkit.calibration.calibrate import Answer, calibrate
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.figure import write_figure, write_truth_figure
from evalkit.calibration.table import answers_table, tracks_table
from evalkit.calibration.truth import FOLLOWERS, Track, track_truth
from evalkit.cli.echo import say
from evalkit.cli.progress import pair_progress
from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError
from evalkit.figures.files import check_format
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol, find_protocol
from evalkit.runs.session import choose_metrics
from evalkit.scoring.availability import unavailable
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer


@dataclass(frozen=True)
class Calibration:
    """Everything a calibration found; `files` were written."""

    metrics: tuple[Metric, ...]
    answers: list[Answer]
    tracks: list[Track]
    files: tuple[Path, ...]

    def tables(self) -> str:
        """The findings as Markdown tables."""
        return "\n".join(
            [answers_table(self.metrics, self.answers), *([tracks_table(self.tracks)] if self.tracks else [])]
        )


def run_calibration(
    name: str, data: Path | None, metrics: Sequence[str], count: int, frames: int, out: Path
) -> Calibration:
    """Calibrate on `frames` driving frames of `count` clips, of different people first; follow one clip of everybody.

    Writes the picture and, beside it, a CSV; where the truth of clips is known also `<out>-truth`, of the same kind.
    Raises `EvalkitError` when no metric can be computed here.
    """
    check_format(out)
    protocol = find_protocol(name)
    dataset = DATASETS[protocol.dataset]
    everything = [clip for clip in dataset.index(dataset.resolve_root(data)) if clip.kind == "clip"]
    spread = sorted(everything, key=lambda c: sum(o.identity == c.identity and o.id < c.id for o in everything))
    chosen = _computable(protocol, metrics)
    clips, people = spread[:count], len({clip.identity for clip in everything})
    total = sum(len(degradation.steps) for degradation in DEGRADATIONS) * len(clips)
    with tempfile.TemporaryDirectory() as folder, pair_progress("calibrate", total) as progress:
        bank = FeatureBank(FeatureCache(Path(folder)))
        answers = calibrate(Scorer(_shortened(protocol, frames), chosen, bank), clips, Path(folder), progress)
        followers = tuple(metric for metric in chosen if metric.id in FOLLOWERS)
        tracks = track_truth(Scorer(protocol, followers, bank), spread[:people])
    files = [out, out.with_suffix(".csv")]
    write_figure(out, chosen, answers)
    write_answers(files[1], answers)
    if tracks:
        files.append(out.with_name(f"{out.stem}-truth{out.suffix}"))
        write_truth_figure(files[-1], tracks)
    return Calibration(chosen, answers, tracks, tuple(files))


def _shortened(protocol: Protocol, frames: int) -> Protocol:
    rule = protocol.driving
    shorter = rule.model_copy(update={"maximum": min(frames, rule.maximum or frames)})
    return protocol.model_copy(update={"driving": shorter})


def _computable(protocol: Protocol, names: Sequence[str]) -> tuple[Metric, ...]:
    asked = choose_metrics(protocol, names)
    missing = unavailable(asked)
    for key, reason in missing.items():
        say(f"{key} is left out. {reason}")
    if len(missing) == len(asked):
        raise EvalkitError("None of the metrics can be computed here.")
    return tuple(metric for metric in asked if metric.key not in missing)
