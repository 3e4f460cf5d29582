"""Weights & Biases: values, a table with intervals and signatures, the contact sheet, and the worst clips.

Logs into the run that is active, as in a training script; without one, a run of its own. `WANDB_MODE=offline` writes
files that `wandb sync` uploads later.
"""

from collections.abc import Iterable
from typing import Any

import wandb

from evalkit.api.trackers.entry import Entry, Place


def log(entry: Entry, place: Place) -> str:
    """Log an entry; the folder (offline) or address of the run."""
    active = wandb.run
    run = active or wandb.init(project=place.project, name=entry.name, dir=place.folder, config=dict(entry.facts))
    content: dict[str, Any] = dict(entry.values)
    content |= {name: wandb.Image(str(path)) for name, path in entry.pictures.items()}
    content |= {name: wandb.Video(str(path), format="mp4") for name, path in entry.videos.items()}
    content["metrics"] = _table(entry)
    if place.step is not None:
        # Results come later than the step they are of, and W&B drops what goes back: they have a step of their own.
        run.define_metric(f"{entry.facts['protocol'].partition(' ')[0]}*", step_metric="evalkit/step")
        content["evalkit/step"] = place.step
    run.log(content)
    if active is not None:
        config: Any = run.config
        config.update({"evalkit": dict(entry.facts)}, allow_val_change=True)
        return str(run.url or run.dir)
    where = str(run.url or run.dir)
    run.finish()
    return where


def _table(entry: Entry) -> wandb.Table:
    parts = ("", " ci_low", " ci_high", " coverage")
    signatures = {name.removeprefix("signature/"): text for name, text in entry.facts.items() if "signature/" in name}
    protocol = entry.facts["protocol"].partition(" ")[0]
    rows: list[Iterable[Any]] = [
        [key, *(entry.values.get(f"{protocol}{part}/{key}") for part in parts), text]
        for key, text in signatures.items()
    ]
    return wandb.Table(["metric", "value", "ci_low", "ci_high", "coverage", "signature"], rows)
