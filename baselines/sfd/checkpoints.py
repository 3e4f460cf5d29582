"""Which weights SFD runs with when none are named, and how users put their own there."""

from dataclasses import dataclass
from pathlib import Path

from baselines.sfd.export import export
from baselines.sfd.weights import read_weights
from evalkit.errors import MethodError
from evalkit.method.checkpoints import CheckpointStatus, installed_path
from evalkit.method.interface import MethodConfig

SHIPPED = Path(__file__).resolve().parent / "weights" / "small.safetensors"


@dataclass(frozen=True)
class SfdCheckpoints:
    """Imported weights if there are any, else those in `shipped`; see `evalkit.method.checkpoints.Checkpoints`.

    All sizes and stages are one variant: a file says itself which networks it holds.
    """

    shipped: Path = SHIPPED
    variants: tuple[str] = ("sfd",)

    @property
    def installed(self) -> Path:
        """Path of imported weights."""
        return installed_path("sfd", *self.variants)

    def import_file(self, path: Path) -> Path:
        """Make a weight file, or a checkpoint of `python -m baselines.sfd.lab.train`, the default."""
        export(path, self.installed)
        return self.installed

    def status(self, checkpoint: Path | None) -> list[CheckpointStatus]:
        """The file given, or the default one."""
        path = checkpoint or self._here()
        if path is None:
            return [CheckpointStatus(*self.variants, None, "absent", _HOW)]
        try:
            shape, _ = read_weights(path)
        except MethodError as error:
            return [CheckpointStatus(*self.variants, path, "unusable", str(error))]
        return [CheckpointStatus(f"{shape.size} px", path, "ready")]

    def default(self, config: MethodConfig) -> Path:
        """The imported file, else the shipped one. Raises `MethodError` when neither is there."""
        path = self._here()
        if path is None:
            raise MethodError(f"sfd has no weights here. {_HOW}")
        return path

    def _here(self) -> Path | None:
        return next((path for path in (self.installed, self.shipped) if path.is_file()), None)


_HOW = "Train some with `python -m baselines.sfd.lab.train`, then: evalkit methods import sfd OUT/last.safetensors"
