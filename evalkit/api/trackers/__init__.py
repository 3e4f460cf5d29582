"""Where a run can be logged: one small adapter each, imported only when it is asked for.

entry        what of a run is logged, whichever the tracker
wandb        Weights & Biases
mlflow       MLflow
tensorboard  TensorBoard
trackio      Trackio
"""

from collections.abc import Callable
from importlib import import_module

from evalkit.api.trackers.entry import Entry, Place
from evalkit.base.extras import missing_library
from evalkit.errors import UnknownNameError

TRACKERS = ("wandb", "mlflow", "tensorboard", "trackio")


def tracker(name: str) -> Callable[[Entry, Place], str]:
    """What logs an entry to a tracker and says where it is.

    Raises `UnknownNameError`, and `MissingLibraryError` when the tracker's library is not installed.
    """
    if name not in TRACKERS:
        raise UnknownNameError("tracker", name, TRACKERS)
    try:
        found: Callable[[Entry, Place], str] = import_module(f"evalkit.api.trackers.{name}").log
    except ImportError as error:
        raise missing_library(error) or error from error
    return found
