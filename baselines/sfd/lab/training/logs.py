"""What a training writes while it runs: losses as JSON lines, and for TensorBoard where that is installed."""

import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

LOSSES = "losses.jsonl"
_LOG = logging.getLogger("evalkit")


class Journal:
    """Collects the numbers of steps and writes their means into `folder`.

    Args:
        folder: of the training.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / LOSSES
        self._seen: dict[str, list[float]] = {}
        self._board: Any = None
        if importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"))
        else:
            _LOG.warning("tensorboard is not installed, losses go to %s only; pip install 'evalkit[train]'", self._path)

    def add(self, values: dict[str, float]) -> None:
        """Numbers of one step; a loss that does not play at a step is not among them."""
        for name, value in values.items():
            self._seen.setdefault(name, []).append(value)

    def write(self, step: int, seconds: float, others: dict[str, float]) -> None:
        """Write the means over the steps since the last time, up to step `step`, reached after `seconds`.

        `others` are numbers of all these steps together.
        """
        means = {name: sum(values) / len(values) for name, values in self._seen.items()} | others
        self._seen.clear()
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "seconds": round(seconds, 1), **means}) + "\n")
        if self._board is not None:
            for name, value in means.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what is held back."""
        if self._board is not None:
            self._board.close()
