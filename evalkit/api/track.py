"""`ek.track`: log a run to an experiment tracker."""

import tempfile
from pathlib import Path
from typing import Literal

from evalkit.api.finished import Run, read_run
from evalkit.api.trackers import tracker
from evalkit.api.trackers.entry import Place, entry_of


def track(
    run: Run | str | Path,
    to: Literal["wandb", "mlflow", "tensorboard", "trackio"],
    *,
    project: str = "evalkit",
    name: str | None = None,
    folder: str | Path | None = None,
    step: int | None = None,
    worst: int = 3,
) -> str:
    """Log a finished run to a tracker: values with intervals, coverage, signatures, contact sheet, the worst clips.

    Args:
        run: a run or its folder.
        to: "wandb", "mlflow" or "tensorboard", each an extra of evalkit, or "trackio" (`pip install trackio`).
        project: the project of W&B and Trackio, the experiment of MLflow, a folder of TensorBoard.
        name: what the run is called there, by default as its row in tables.
        folder: where trackers that write files write them; by default where they usually do.
        step: of the training that the run belongs to.
        worst: how many of the worst pairs are logged as video.

    Returns where it is: an address, or a folder. With an active run of W&B, MLflow or Trackio it is logged into that.

    Raises `RunError` for what is not a finished run, `MissingLibraryError` with the extra to install.

    >>> import tempfile, evalkit as ek
    >>> run = ek.run("demo_self", "copy_source", limit=1, metrics=["l1"], anchors=False, workers=1)
    >>> where = ek.track(run, "tensorboard", folder=tempfile.mkdtemp(), step=100)
    """
    found = run if isinstance(run, Run) else read_run(run)
    log = tracker(to)
    with tempfile.TemporaryDirectory(prefix="evalkit-") as made:
        place = Place(project, Path(folder) if folder is not None else None, step)
        return log(entry_of(found, name, worst, Path(made)), place)
