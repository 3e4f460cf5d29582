"""Trackio: values, facts, the contact sheet and the worst clips, in its own database on this machine.

Logs into the run that is active; without one, a run of its own. `trackio show` opens the dashboard. Trackio is no extra
of evalkit: it wants a Pillow below 13, and evalkit's own numbers are measured with 13.
"""

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from evalkit.api.trackers.entry import Entry, Place
from evalkit.errors import EvalkitError, MissingLibraryError


def log(entry: Entry, place: Place) -> str:
    """Log an entry; the folder of Trackio's database, and the name of the run.

    Raises `MissingLibraryError` without Trackio, `EvalkitError` when it works in another folder already.
    """
    with contextlib.redirect_stdout(sys.stderr):
        trackio = _trackio(place.folder)
        active = import_module("trackio.context_vars").current_run.get()
        run = active or trackio.init(
            project=place.project,
            name=entry.name,
            config=dict(entry.facts),
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        content: dict[str, Any] = dict(entry.values)
        content |= {name: trackio.Image(path) for name, path in entry.pictures.items()}
        content |= {name: trackio.Video(path, format="mp4") for name, path in entry.videos.items()}
        rows = [[name, text] for name, text in entry.facts.items()]
        content["evalkit"] = trackio.Table(columns=["fact", "value"], data=rows)
        run.log(content, step=place.step)
        if active is None:
            trackio.finish()
    return f"{trackio.TRACKIO_DIR} {run.name}"


def _trackio(folder: Path | None) -> Any:
    """The library; it reads where its files go when it is imported."""
    if folder is not None and "trackio" not in sys.modules:
        os.environ["TRACKIO_DIR"] = str(folder.resolve())
    try:
        trackio = import_module("trackio")
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            "This needs trackio, which is not installed. Install with: pip install trackio"
        ) from error
    if folder is not None and Path(trackio.TRACKIO_DIR).resolve() != folder.resolve():
        raise EvalkitError(
            f"Trackio writes to {trackio.TRACKIO_DIR} in this process. Set TRACKIO_DIR={folder} before it starts."
        )
    return trackio
