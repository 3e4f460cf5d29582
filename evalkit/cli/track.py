"""`evalkit track`: finished runs in an experiment tracker."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit.cli.echo import echo


def track(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    to: Annotated[
        Literal["wandb", "mlflow", "tensorboard", "trackio"],
        typer.Option(help="The tracker; each but trackio is an extra."),
    ],
    project: Annotated[str, typer.Option(help="Project of W&B, experiment of MLflow, folder of TensorBoard.")] = (
        "evalkit"
    ),
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where files are written. Default: where the tracker does.")
    ] = None,
    step: Annotated[int | None, typer.Option(metavar="N", help="Step of the training that the runs belong to.")] = None,
    worst: Annotated[int, typer.Option(min=0, metavar="N", help="Worst pairs that are logged as video.")] = 3,
) -> None:
    """Log runs to a tracker: values with intervals, coverage, signatures, contact sheet, the worst clips.

    Prints where each run is. Example: `evalkit track runs/demo_cross/ours --to mlflow`
    """
    from evalkit.api.track import track as log

    for run in runs:
        echo(log(run, to, project=project, folder=folder, step=step, worst=worst))
