"""What a run has to do, and where its clips come from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol as Interface

from evalkit.method.cost import Cost
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import FrameScores
from evalkit.records.run import Configuration
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.shard import whole_name
from evalkit.scoring.coefficients import PairFiles, pair_files
from evalkit.scoring.score_pair import device_mark, metric_signatures
from evalkit.types import Pair


@dataclass(frozen=True)
class Made:
    """A generated clip: its path (in the run folder, or absolute), frames, and what it cost if that is known.

    `notes` are for a reader of its scores. `original` is the output made elsewhere that it was prepared from, with its
    digest.
    """

    generated: str
    frames: int
    cost: Cost | None
    notes: tuple[str, ...] = ()
    original: str | None = None
    original_sha256: str | None = None


class Producer(Interface):
    """Where generated clips come from."""

    def __call__(self, pair: Pair, folder: RunFolder, coming: Iterable[Pair] = ()) -> Made:
        """Make or find the generated clip of `pair`; those `coming` are asked for next, unless they are there by then.

        Raises `MethodError`, `VideoError` or `ScoreError` when this pair has none.
        """
        ...

    @property
    def on_gpu(self) -> bool:
        """Whether it needs a GPU."""

    def at_once(self) -> int:
        """How many pairs it likes to be given in a row."""
        ...

    def sent(self, pair: Pair, device: str) -> "Producer":
        """What is sent to a worker with that device to make the pair."""
        ...

    def close(self) -> None:
        """Let go of whatever it holds."""
        ...


@dataclass(frozen=True)
class Plan:
    """What a run has to do: these pairs of this protocol, by this producer, into this folder.

    `metrics` can be computed here; `unavailable` (metric key -> why) were asked for and cannot. `coefficients` are the
    folders of imported networks, `device` is where networks of metrics run that need no CPU. `given` are the outputs
    made elsewhere that are to be scored, by pair id.
    """

    protocol: Protocol
    pairs: Sequence[Pair]
    metrics: tuple[Metric, ...]
    produce: Producer
    folder: RunFolder
    configuration: Configuration
    cache: Path
    unavailable: Mapping[str, str]
    max_failures: int | None = None
    coefficients: Mapping[str, Path] = field(default_factory=dict)
    device: str = "cpu"
    given: Mapping[str, Path] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What signatures of metrics say of outputs that were prepared."""
        return self.configuration.outputs.mark if self.configuration.outputs else ""

    @property
    def device_metrics(self) -> frozenset[str]:
        """Keys of the metrics whose networks run on `device`, which is a GPU."""
        return frozenset(metric.key for metric in self.metrics if device_mark(metric, self.device))

    def brought(self, pair: Pair) -> dict[str, PairFiles]:
        """Network -> its files for this pair."""
        return pair_files(self.coefficients, whole_name(self.folder.path.name), pair)

    def signatures(self, pair: Pair) -> dict[str, str]:
        """Metric key -> signature of this pair's scores: the metric's, digests of imported coefficients, the device.

        Prepared outputs end it with their mark.
        """
        digests = {name: files.signature() for name, files in self.brought(pair).items()}
        networks = {metric.key: metric.input[0] for metric in self.metrics if metric.input}
        marks = {metric.key: device_mark(metric, self.device) for metric in self.metrics}
        return {
            key: (f"{text}|{digests[networks[key]]}" if networks.get(key) in digests else text) + marks[key] + self.mark
            for key, text in metric_signatures(self.protocol, self.metrics).items()
        }


@dataclass(frozen=True)
class PairResult:
    """What a finished run knows of one pair: the outcome, and the scores by metric key (empty if it failed)."""

    pair: Pair
    outcome: Outcome
    scores: Mapping[str, FrameScores]
