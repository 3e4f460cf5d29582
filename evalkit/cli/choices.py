"""What a command line says of a run, as the values that `evalkit.runs.run` takes: the same for every command that
runs.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from evalkit.cli.console import worker_count
from evalkit.cli.devices import resolve_device, resolve_scoring_device
from evalkit.method.find import MethodEntry, method_options
from evalkit.method.interface import MethodConfig
from evalkit.runs.run import Settings
from evalkit.scoring.coefficients import parse_folders
from evalkit.scoring.device_pool import pool_on
from evalkit.scoring.pool import ScoringPool


@dataclass(frozen=True)
class MethodChoice:
    """How a method is to run; the fields are options of the same names."""

    checkpoint: Path | None = None
    device: str = "auto"
    precision: Literal["fp32", "fp16", "bf16"] = "fp32"
    channels_last: bool = False
    compile: bool = False
    option: tuple[str, ...] = ()
    random_weights: bool = False
    seed: int = 0

    def for_anchor(self) -> "MethodChoice":
        """The same without what is meant for the method that was asked for."""
        return replace(self, checkpoint=None, option=(), seed=0)

    def config(self, entry: MethodEntry) -> MethodConfig:
        """What `entry` is built with; what is for networks does not reach methods without.

        Raises `MethodError`, `RunError` or `UnknownNameError` for a device or an option that is not there.
        """
        learned = entry.card.kind != "baseline"
        return MethodConfig(
            device=resolve_device(self.device, entry.card),
            precision=self.precision,
            checkpoint=self.checkpoint,
            random_weights=self.random_weights and learned,
            seed=self.seed,
            channels_last=self.channels_last and learned,
            compile=self.compile and learned,
            options=method_options(entry.card, self.option),
        )


@dataclass(frozen=True)
class RunChoice:
    """Where a run goes, what of it is scored, and by whom; the fields are options of the same names."""

    data: Path | None
    out: Path
    tag: str | None
    max_failures: int | None
    coefficients: tuple[str, ...]
    workers: int | None
    scoring_device: str
    metric: tuple[str, ...] = ()
    limit: int | None = None
    pair: tuple[str, ...] = ()

    def settings(self) -> Settings:
        """Everything but the method's configuration. Raises `EvalkitError` for coefficients that are not there."""
        return Settings(
            data=self.data,
            out=self.out,
            tag=self.tag,
            metrics=self.metric,
            limit=self.limit,
            only=self.pair,
            max_failures=self.max_failures,
            coefficients=parse_folders(self.coefficients),
        )

    def pool(self) -> AbstractContextManager[ScoringPool]:
        """Where pairs are scored. Raises `RunError` for a device that is not there."""
        return pool_on(resolve_scoring_device(self.scoring_device), worker_count(self.workers))

    def total(self, pairs: int) -> int:
        """How many of the protocol's `pairs` are asked for."""
        return min(self.limit or pairs, len(self.pair) or pairs)
