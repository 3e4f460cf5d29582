"""What a training writes while it runs: losses as JSON lines, and for TensorBoard where that is installed."""

import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

LOSSES = "losses.jsonl"
_LOG = logging.getLogger("evalkit")


class Journal:
    """Writes numbers by step into `folder`.

    Args:
        folder: of the training.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / LOSSES
        self._board: Any = None
        if importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"))
        else:
            _LOG.warning("tensorboard is not installed, losses go to %s only; pip install 'evalkit[train]'", self._path)

    def add(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Numbers of step `step`, reached after `seconds`."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "seconds": round(seconds, 1), **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what is held back."""
        if self._board is not None:
            self._board.close()
