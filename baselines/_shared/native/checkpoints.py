"""What a native method reports about its weights."""

from dataclasses import dataclass
from pathlib import Path

from baselines._shared.native import convert
from baselines._shared.native.networks import Networks
from evalkit.method.checkpoints import CheckpointStatus
from evalkit.method.interface import MethodConfig


@dataclass(frozen=True)
class NativeCheckpoints:
    """`evalkit.method.checkpoints.Checkpoints` of `networks`; an adapter's `CHECKPOINTS`."""

    networks: Networks

    def default(self, config: MethodConfig) -> Path:
        """The file for these options. Raises `MethodError` if it is missing."""
        return convert.default_file(self.networks, config)

    def import_file(self, path: Path) -> Path:
        """Convert an official file, zip or folder. Raises `MethodError`."""
        return convert.import_file(self.networks, path)

    def status(self, checkpoint: Path | None) -> list[CheckpointStatus]:
        """Which weights are installed."""
        return convert.status(self.networks, checkpoint)
