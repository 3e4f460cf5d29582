"""The options of a run, as commands and programs give them, as the values that the rest of this room takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from evalkit.base.processes import worker_count
from evalkit.method.find import MethodEntry, find_method, method_options
from evalkit.method.interface import MethodConfig
from evalkit.protocol.schema import Protocol
from evalkit.runs.devices import engine_for, resolve_device, resolve_scoring_device, several_gpus
from evalkit.runs.run import MethodJob
from evalkit.runs.session import RunSettings
from evalkit.runs.shard import parse_shard
from evalkit.scoring.coefficients import parse_folders


@dataclass(frozen=True)
class MethodChoice:
    """How a method is to run; the fields are options of the same names."""

    checkpoint: Path | None = None
    device: str = "auto"
    gpus: str | None = None
    precision: Literal["fp32", "fp16", "bf16"] = "fp32"
    channels_last: bool = False
    compile: bool = False
    option: Sequence[str] | None = None
    random_weights: bool = False
    seed: int = 0
    strict_commit: bool = False

    def runs(self, names: Sequence[str], tag: str | None) -> list[MethodJob]:
        """The methods with these names. Raises `UnknownNameError`, and as `config` does."""
        entries = {entry.card.id: entry for entry in map(find_method, names)}
        return [MethodJob(entry, self.config(entry), tag) for entry in entries.values()]

    def anchors(self, protocol: Protocol, beside: Sequence[MethodJob]) -> list[MethodJob]:
        """The anchors of a protocol that are not among the methods `beside` them."""
        there = {job.entry.card.id for job in beside}
        entries = [find_method(name) for name in protocol.anchors if name not in there]
        return [MethodJob(entry, self.for_anchor().config(entry), anchor=True) for entry in entries]

    @property
    def several(self) -> tuple[str, ...]:
        """The GPUs, when there are several. Raises `MethodError`."""
        return several_gpus(self.device, self.gpus)

    def for_anchor(self) -> "MethodChoice":
        """The same without the options that are meant for the requested method only."""
        return replace(self, checkpoint=None, option=None, seed=0)

    def config(self, entry: MethodEntry) -> MethodConfig:
        """What `entry` is built with; options for networks are ignored for methods without networks.

        Raises `MethodError`, `RunError` or `UnknownNameError` for an unknown device or option.
        """
        learned = entry.card.kind != "baseline"
        devices = [resolve_device(one, entry.card) for one in self.several or (self.device,)]
        return MethodConfig(
            device=devices[0],
            precision=self.precision,
            checkpoint=self.checkpoint,
            random_weights=self.random_weights and learned,
            seed=self.seed,
            channels_last=self.channels_last and learned,
            compile=self.compile and learned,
            options=method_options(entry.card, [*(self.option or ()), *self._strict(entry)]),
        )

    def _strict(self, entry: MethodEntry) -> list[str]:
        return ["strict_commit=yes"] if self.strict_commit and entry.card.external else []


@dataclass(frozen=True)
class RunChoice:
    """Where a run goes, what of it is scored, and by whom; the fields are options of the same names."""

    data: Path | None
    out: Path
    metric: Sequence[str] | None
    coefficients: Sequence[str] | None
    limit: int | None
    pair: Sequence[str] | None
    subset: Literal["all", "missing-ok"]
    max_failures: int | None
    workers: int | None
    scoring_device: str
    shard: str | None = None

    def settings(self, jobs: Sequence[MethodJob] = (), gpus: Sequence[str] = ()) -> RunSettings:
        """What a session for these jobs is opened with, with workers on all of `gpus`.

        Raises `EvalkitError` for missing coefficients or an unknown device.
        """
        scoring_device = resolve_scoring_device(self.scoring_device)
        return RunSettings(
            data=self.data,
            out=self.out,
            metrics=tuple(self.metric or ()),
            limit=self.limit,
            only=tuple(self.pair or ()),
            missing_ok=self.subset == "missing-ok",
            max_failures=self.max_failures,
            coefficients=parse_folders(self.coefficients or ()),
            workers=worker_count(self.workers),
            scoring_device=scoring_device,
            shard=parse_shard(self.shard) if self.shard else None,
            engine=engine_for(gpus, self.workers, scoring_device, jobs),
        )
