"""`ek.read_run`: a finished run, typed, with its numbers as pandas tables and its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evalkit.api.html import grid
from evalkit.errors import UnknownNameError
from evalkit.metrics import find_metric
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import FRAME_COLUMNS, read_table
from evalkit.records.run import MetricSummary, RunHeader, Summary, read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.runs.summary import CLIP_SCHEMA
from evalkit.tables.results import row_title

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["summary", "clips", "frames"]


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run on disk.

    Attributes:
        path: its folder.
        summary: what `summary.json` holds (docs/formats.md): `summary.metrics[key]` has the value, its interval,
            coverage and signature.
        header: what `run.json` holds: configuration, protocol, provenance, costs.
        anchors: the runs of the protocol's anchors that `ek.run` made beside it.
    """

    path: Path
    summary: Summary
    header: RunHeader
    anchors: tuple["Run", ...] = ()

    @property
    def title(self) -> str:
        """The row it has in tables."""
        return row_title(self.summary.title, self.path.name.partition("@")[2])

    @property
    def metrics(self) -> Mapping[str, MetricSummary]:
        """Metric key -> value, interval, coverage and signature."""
        return self.summary.metrics

    @cached_property
    def failures(self) -> dict[str, str]:
        """Pair -> why it could not be made or scored."""
        outcomes = {pair: RunFolder(self.path).read_outcome(pair) for pair in self.summary.pairs.failed}
        return {pair: (outcome.reason if outcome else None) or "no outcome" for pair, outcome in outcomes.items()}

    @property
    def contact_sheet(self) -> Path:
        """A picture of source, driving and generated frames, worst pairs first."""
        return RunFolder(self.path).contact_sheet

    def __getitem__(self, metric: str) -> MetricSummary:
        """The entry of a metric by its key, or of the run's first variant of an id such as "csim".

        Raises `UnknownNameError` for a metric that the run does not have.
        """
        if metric in self.metrics:
            return self.metrics[metric]
        variants = [key for key in self.metrics if key.partition("[")[0] == metric]
        if not variants:
            raise UnknownNameError(f"metric in {self.path}", metric, self.metrics)
        return self.metrics[variants[0]]

    def to_pandas(self, level: Level = "clips") -> "pd.DataFrame":
        """The numbers as a `pandas.DataFrame`; needs the extra `report`.

        Args:
            level: "summary" has a row per metric with the fields of `MetricSummary`, "clips" a row per pair and metric
                with the mean over its frames, "frames" a row per pair, metric and frame. Missing values are NaN, and
                a column says why.

        Raises `RunError` for a damaged or missing record file.
        """
        import pandas as pd

        if level == "summary":
            rows = {key: entry.model_dump() for key, entry in self.metrics.items()}
            return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric").reset_index()
        folder = RunFolder(self.path)
        if level == "clips":
            found = read_clips(folder.clips, CLIP_SCHEMA.names).to_pandas()
        elif level == "frames":
            found = read_table(folder.frames, tuple(FRAME_COLUMNS)).to_pandas()
        else:
            raise UnknownNameError("level", level, ("summary", "clips", "frames"))
        assert isinstance(found, pd.DataFrame)
        return found

    def worst(self, count: int = 3, metric: str | None = None) -> list[str]:
        """Ids of the worst pairs by a metric, worst first; by default by the first metric with a value per frame."""
        rows = read_clips(RunFolder(self.path).clips, ("pair", "metric", "mean")).to_pylist()
        keys = list(dict.fromkeys(row["metric"] for row in rows))
        if not keys:
            return []
        key = keys[0] if metric is None else find_metric(metric).key
        if key not in keys:
            raise UnknownNameError(f"metric with clips in {self.path}", key, keys)
        sign = 1 if self.metrics[key].better == "higher" else -1
        scored = [row for row in rows if row["metric"] == key and row["mean"] is not None]
        return [row["pair"] for row in sorted(scored, key=lambda row: sign * row["mean"])][:count]

    def __str__(self) -> str:
        pairs = self.summary.pairs
        values = ", ".join(f"{key} {_value(entry)}" for key, entry in self.metrics.items())
        return f"{self.title} on {self.summary.protocol}, {pairs.scored} of {pairs.protocol} pairs: {values}"

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self}>"

    def _repr_html_(self) -> str:
        """As notebooks show it: a row per metric."""
        rows = [
            (entry.title, key, _value(entry), _interval(entry), f"{entry.coverage:.1%}", str(entry.n))
            for key, entry in self.metrics.items()
        ]
        pairs = self.summary.pairs
        notes = [f"{self.title} on {self.summary.protocol}, {pairs.scored} of {pairs.protocol} pairs", str(self.path)]
        return grid(("Metric", "Key", "Value", "95 % interval", "Coverage", "Clips"), rows, notes)


def _value(entry: MetricSummary) -> str:
    return "-" if entry.value is None else f"{entry.value:.4g}{f' {entry.unit}' if entry.unit else ''}"


def _interval(entry: MetricSummary) -> str:
    low, high = entry.ci_low, entry.ci_high
    return entry.ci_word or "-" if low is None or high is None else f"{low:.4g} to {high:.4g}"


def read_run(path: str | Path) -> Run:
    """Read the folder of a finished run.

    Raises `RunError` when it is not one, is damaged, or was written by a newer evalkit.

    >>> import evalkit as ek
    >>> ek.read_run("nowhere")
    Traceback (most recent call last):
    evalkit.errors.RunError: nowhere is not a finished run: it has no summary.json. Run `evalkit run` or ...
    """
    folder = Path(path)
    return Run(folder, read_summary(folder), read_header(folder))


def path_of(run: "Run | str | Path") -> Path:
    """The folder of a run that was given as one or by its path."""
    return run.path if isinstance(run, Run) else Path(run)
