"""The engine that a command asked for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from evalkit.runs.engine.local import local_engine
from evalkit.runs.engine.tasks import Engine


@dataclass(frozen=True)
class EngineChoice:
    """Workers of this machine, one for each of `devices`."""

    devices: tuple[str, ...]

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        """The engine; its workers end with the block."""
        with local_engine(self.devices) as engine:
            yield engine


@dataclass(frozen=True)
class RayChoice:
    """Workers of a Ray cluster: so many with a GPU and on the CPU, as many as it has places for where that is None.

    `address` is Ray's: `auto`, `local` or `ray://HOST:PORT`. Each worker that makes clips takes the share `gpu` of a
    GPU, if it has one, and custom `resources`.
    """

    address: str
    gpus: int | None = 0
    cpus: int | None = None
    gpu: float = 1.0
    resources: Mapping[str, float] = field(default_factory=dict)

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        """The engine; its workers end with the block. Raises `RunError` for a cluster that cannot be had."""
        from evalkit.runs.engine.on_ray import ray_engine

        with ray_engine(self.address, self.gpus, self.cpus, self.gpu, self.resources) as engine:
            yield engine
