"""MLflow: values as metrics, facts as tags, pictures, videos and record files as artifacts.

Logs into the run that is active; without one, a run of its own in the experiment. `MLFLOW_TRACKING_URI` says where, a
folder is a store of files. The default of MLflow 3 is a database, which its small client cannot open.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow

from evalkit.api.trackers.entry import Entry, Place
from evalkit.errors import RunError

_FILES_ALLOWED = "MLFLOW_ALLOW_FILE_STORE"


def log(entry: Entry, place: Place) -> str:
    """Log an entry; the tracking address with the id of the run. Raises `RunError` for what MLflow refuses."""
    try:
        if (active := mlflow.active_run()) is not None:
            return _log(entry, place, active.info.run_id)
        with _tracking(place.folder):
            mlflow.set_experiment(place.project)
            with mlflow.start_run(run_name=entry.name) as run:
                return _log(entry, place, run.info.run_id)
    except (mlflow.MlflowException, ModuleNotFoundError) as error:
        raise RunError(f"MLflow: {error} Give a folder, or the address of a server in MLFLOW_TRACKING_URI.") from error


def _log(entry: Entry, place: Place, run: str) -> str:
    mlflow.log_metrics({_name(name): value for name, value in entry.values.items()}, step=place.step)
    mlflow.set_tags({f"evalkit.{_name(name)}": text for name, text in entry.facts.items()})
    kinds = {"pictures": entry.pictures.values(), "videos": entry.videos.values(), "run": entry.files}
    for folder, paths in kinds.items():
        for path in paths:
            mlflow.log_artifact(str(path), f"evalkit/{folder}")
    return f"{mlflow.get_tracking_uri()} {run}"


@contextmanager
def _tracking(folder: Path | None) -> Iterator[None]:
    """Inside, runs go into a folder of files, when there is one; MLflow 3 wants to hear that files are meant."""
    if folder is None:
        yield
        return
    before, allowed = mlflow.get_tracking_uri(), os.environ.get(_FILES_ALLOWED)
    os.environ[_FILES_ALLOWED] = "true"
    mlflow.set_tracking_uri(folder.absolute().as_uri())
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
        del os.environ[_FILES_ALLOWED]
        if allowed is not None:
            os.environ[_FILES_ALLOWED] = allowed


def _name(text: str) -> str:
    """A name that MLflow takes: `csim[dlib]` is `csim.dlib`."""
    return re.sub(r"[^\w\-. :/]", "_", text.replace("[", ".").replace("]", ""))
