"""Weights of methods: where converted ones lie, and what a method says of the files it takes.

The core knows no file format of any method. A method with learned weights has an object `CHECKPOINTS` in the module of
its adapter, which imports official files into `installed_path` and says what is there.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from evalkit.cache import cache_dir
from evalkit.errors import MethodError
from evalkit.methods import MethodEntry
from evalkit.resources import resource_dir


@dataclass(frozen=True)
class CheckpointStatus:
    """One file a method can use.

    `variant` names the networks it holds. `state` is "absent" for a place where nothing is, "unusable" for a file that
    does not fit; `note` says why, or what to do. `needed` marks a file without which no variant runs.
    """

    variant: str
    path: Path | None
    state: Literal["ready", "absent", "unusable"]
    note: str = ""
    needed: bool = False


@runtime_checkable
class Checkpoints(Protocol):
    """What a method with learned weights says of them."""

    def import_file(self, path: Path) -> Path:
        """Check and convert an official file, zip or folder; returns the converted file. Raises `MethodError`."""
        ...

    def status(self, checkpoint: Path | None) -> list[CheckpointStatus]:
        """What is there: of the file given, or else of every variant that can be imported."""
        ...


def installed_path(method: str, variant: str) -> Path:
    """Where the converted weights of a method's variant lie."""
    return cache_dir() / "weights" / "methods" / method / f"{variant}.safetensors"


def checkpoints_of(entry: MethodEntry) -> Checkpoints | None:
    """What a method that comes with evalkit says of its weights; None for methods that say nothing.

    Raises `MethodError` when the adapter cannot be imported.
    """
    if entry.folder.resolve().parent != resource_dir("baselines").resolve():
        return None
    module = entry.card.adapter.partition(":")[0]
    try:
        found = getattr(importlib.import_module(f"baselines.{entry.folder.name}.{module}"), "CHECKPOINTS", None)
    except ImportError as error:
        raise MethodError(f"{entry.card.id}: the adapter cannot be imported: {error}") from error
    return found if isinstance(found, Checkpoints) else None
