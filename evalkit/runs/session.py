"""One protocol over its data, opened once: its metrics checked, its pairs found, its scoring processes waiting.

Everything that generates or scores goes through a session: `evalkit run`, `score`, the one-go form of `gate`, and the
studies that train a method.

    with open_session(protocol, RunSettings(data=root)) as session:
        run_method(session, MethodJob(entry, config))
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from evalkit.base.names import nfc
from evalkit.datasets import DATASETS
from evalkit.datasets.found import Found
from evalkit.errors import EvalkitError, UnknownNameError, WeightsError
from evalkit.metrics import Metric, find_metric
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import Protocol
from evalkit.runs.engine.choice import EngineChoice, RayChoice
from evalkit.runs.engine.tasks import Engine
from evalkit.runs.shard import Shard
from evalkit.scoring.availability import unavailable
from evalkit.scoring.device_pool import pool_on
from evalkit.scoring.missing_faces import has_worst
from evalkit.scoring.pool import ScoringPool, scoring_pool
from evalkit.types import Pair

OnPair: TypeAlias = Callable[[str, str], None]
"""Called with the id of a pair and its outcome: "done", "failed" or "kept"."""
Progress: TypeAlias = Callable[[str, int], AbstractContextManager[OnPair]]
"""Shows a title and the progress of that many pairs."""


@dataclass(frozen=True)
class RunSettings:
    """Options of a run besides the protocol and the method.

    `limit` takes the first pairs of the protocol, `only` those with these ids, `missing_ok` those whose clips are
    there; all three mark the result as not complete. `metrics` replaces those of the protocol when given.
    `coefficients` are folders of networks the user ran. Pairs are scored in `workers` processes, and networks that can
    run on a GPU run on `scoring_device`. `overwrite` makes anew what the run folder holds. With an `engine`, its
    workers make and score all pairs. A `shard` takes a part of the pairs that would be run without it.
    """

    data: Path | None = None
    out: Path = Path("runs")
    metrics: tuple[str, ...] = ()
    limit: int | None = None
    only: tuple[str, ...] = ()
    missing_ok: bool = False
    max_failures: int | None = None
    coefficients: Mapping[str, Path] = field(default_factory=dict)
    workers: int = 1
    scoring_device: str = "cpu"
    overwrite: bool = False
    engine: EngineChoice | RayChoice | None = None
    shard: Shard | None = None


@dataclass(frozen=True)
class Session:
    """A protocol that is ready to be run.

    `pairs` are all pairs of the protocol whose clips are there, in its order; `metrics` can be computed here, and
    `missing` (metric key -> why) were asked for and cannot. `found` is what the data folder holds.
    """

    protocol: Protocol
    settings: RunSettings
    metrics: tuple[Metric, ...]
    missing: Mapping[str, str]
    pairs: tuple[Pair, ...]
    pool: ScoringPool
    progress: Progress
    found: Found | None = None
    engine: Engine | None = None

    @property
    def asked(self) -> int:
        """How many of the pairs are requested."""
        return len(self._wanted())

    def select(self, done: Iterable[str]) -> list[Pair]:
        """The pairs to run, in the protocol's order: those asked for, and those with the ids in `done`."""
        wanted = {*self._wanted(), *done}
        return [pair for pair in self.pairs if pair.id in wanted]

    def _wanted(self) -> list[str]:
        return wanted_of(self.settings, [pair.id for pair in self.pairs])

    def narrowed(self, only: Sequence[str]) -> "Session":
        """The same session for the pairs with these ids; unchanged if `only` is empty."""
        return replace(self, settings=replace(self.settings, only=tuple(only))) if only else self


def silent(title: str, pairs: int) -> AbstractContextManager[OnPair]:
    """Shows no progress."""
    return nullcontext(lambda pair, became: None)


@contextmanager
def open_session(protocol: Protocol, settings: RunSettings, progress: Progress = silent) -> Iterator[Session]:
    """A session over a protocol; its scoring processes end with the block.

    Raises `EvalkitError` for metrics that are unknown, do not apply to the protocol's task or cannot be computed here
    (all of them), for missing data, and for requested pairs that the protocol does not have.
    """
    asked = choose_metrics(protocol, settings.metrics)
    missing = unavailable(asked, settings.coefficients)
    metrics = tuple(metric for metric in asked if metric.key not in missing)
    dataset = DATASETS[protocol.dataset]
    root = dataset.resolve_root(settings.data)
    found = dataset.look(root)
    pairs = tuple(make_pairs(protocol, found.clips, settings.missing_ok, dataset.true_clip(root)))
    ids = [pair.id for pair in pairs]
    for name in map(nfc, settings.only):
        if name not in ids:
            raise UnknownNameError("pair", name, ids)
    if not metrics:
        reasons = "; ".join(f"{key}: {reason}" for key, reason in missing.items())
        raise WeightsError(
            f"None of the metrics can be computed here. {reasons}. `evalkit metrics list` shows others for --metric."
        )
    make_truth(protocol, root, [pair for pair in pairs if pair.id in wanted_of(settings, ids)])
    if settings.engine:
        with settings.engine.opened() as engine, scoring_pool(1) as pool:
            yield Session(protocol, settings, metrics, missing, pairs, pool, progress, found, engine)
        return
    with pool_on(settings.scoring_device, settings.workers) as pool:
        yield Session(protocol, settings, metrics, missing, pairs, pool, progress, found)


def resolve_pairs(protocol: Protocol, data: Path | None, missing_ok: bool = False) -> list[Pair]:
    """The pairs of a protocol over the clips of its dataset.

    With `missing_ok`, pairs with missing clips are skipped. Raises `DatasetError` or `ProtocolError`.
    """
    dataset = DATASETS[protocol.dataset]
    root = dataset.resolve_root(data)
    return make_pairs(protocol, dataset.index(root), missing_ok, dataset.true_clip(root))


def wanted_of(settings: RunSettings, ids: Sequence[str]) -> list[str]:
    """Ids of the pairs that are requested, in the protocol's order."""
    only = {nfc(name) for name in settings.only}
    chosen = [name for name in ids if name in only] if only else list(ids[: settings.limit])
    return settings.shard.of(chosen) if settings.shard else chosen


def make_truth(protocol: Protocol, root: Path, pairs: Iterable[Pair]) -> None:
    """Make the true clips of `pairs` that are missing, where the protocol compares with them and the dataset can.

    Raises `DatasetError` for a clip that cannot be made.
    """
    truth = DATASETS[protocol.dataset].truth
    if protocol.reference == "driving" or truth is None:
        return
    for pair in pairs:
        if pair.truth and not pair.truth.is_file():
            truth.make(root, pair.source, pair.driving)


def choose_metrics(protocol: Protocol, names: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics asked for, or the protocol's, and those that must stand beside them.

    Raises when one is unknown or does not apply to the protocol's task.
    """
    asked = [find_metric(name) for name in names or protocol.metrics]
    metrics = [*asked, *(find_metric(metric.beside) for metric in asked if metric.beside)]
    for metric in metrics:
        if protocol.task not in metric.tasks and protocol.reference == "driving":
            raise EvalkitError(
                f"{metric.key} cannot be used with {protocol.id}: {protocol.task.replace('_', '-')} has no ground "
                f"truth to compare pixels or positions with. Use one of: {', '.join(protocol.metrics)}."
            )
        if protocol.no_face == "worst_case" and not has_worst(metric):
            raise EvalkitError(f"{metric.key} has no worst value, which the no-face policy of {protocol.id} asks for.")
    return tuple(dict.fromkeys(metrics))
