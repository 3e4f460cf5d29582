"""What a native method says of its weights."""

from dataclasses import dataclass
from pathlib import Path

from baselines.native import convert
from baselines.native.networks import Networks
from evalkit.adapter import MethodConfig
from evalkit.checkpoints import CheckpointStatus


@dataclass(frozen=True)
class NativeCheckpoints:
    """`evalkit.checkpoints.Checkpoints` of `networks`; an adapter's `CHECKPOINTS`."""

    networks: Networks

    def default(self, config: MethodConfig) -> Path:
        """The file for these options. Raises `MethodError` where there is none."""
        return convert.default_file(self.networks, config)

    def import_file(self, path: Path) -> Path:
        """Convert an official file, zip or folder. Raises `MethodError`."""
        return convert.import_file(self.networks, path)

    def status(self, checkpoint: Path | None) -> list[CheckpointStatus]:
        """What is here."""
        return convert.status(self.networks, checkpoint)
