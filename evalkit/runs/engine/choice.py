"""The engine that a command asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evalkit.runs.engine.local import local_engine
from evalkit.runs.engine.tasks import Engine


@dataclass(frozen=True)
class EngineChoice:
    """Workers to have, one for each of `devices`."""

    devices: tuple[str, ...]

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        """The engine; its workers end with the block."""
        with local_engine(self.devices) as engine:
            yield engine
