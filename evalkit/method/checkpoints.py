"""Weights of methods: where converted ones are stored, and what a method reports about the files it takes.

The core knows no file format of any method. A method with learned weights has an object `CHECKPOINTS` in the module of
its adapter, which imports official files into `installed_path`, says what is there, and which file is used when none
is named. That file's digest belongs to the configuration of a run: another default checkpoint is another run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from evalkit.base.files import refuse_special
from evalkit.base.places import cache_dir
from evalkit.errors import MethodError
from evalkit.method.find import CARD, MethodEntry, import_adapter
from evalkit.method.interface import MethodConfig
from evalkit.method.watched import sha256_of


@dataclass(frozen=True)
class CheckpointStatus:
    """One file a method can use.

    `variant` names the networks it holds. `state` is "absent" for a missing file, "unusable" for a file that
    does not fit; `note` says why, or what to do. `needed` marks a file without which no variant runs.
    """

    variant: str
    path: Path | None
    state: Literal["ready", "absent", "unusable"]
    note: str = ""
    needed: bool = False


@runtime_checkable
class Checkpoints(Protocol):
    """What a method with learned weights reports about them."""

    def import_file(self, path: Path) -> Path:
        """Check and convert an official file, zip or folder; returns the converted file. Raises `MethodError`."""
        ...

    def status(self, checkpoint: Path | None) -> list[CheckpointStatus]:
        """What is there: of the file given, or else of every variant that can be imported."""
        ...

    def default(self, config: MethodConfig) -> Path:
        """The file for these options when `config` names none: an imported one, or one that comes with the method.

        Raises `MethodError`, which says how to get it, if it is missing.
        """
        ...


def can_run(found: Sequence[CheckpointStatus]) -> bool:
    """Whether some variant is ready, and everything else the method needs."""
    ready = any(one.state == "ready" for one in found if not one.needed)
    return ready and all(one.state == "ready" for one in found if one.needed)


def installed_path(method: str, variant: str) -> Path:
    """Path of the converted weights of a method's variant."""
    return cache_dir() / "weights" / "methods" / method / f"{variant}.safetensors"


def checkpoints_of(entry: MethodEntry) -> Checkpoints | None:
    """The `CHECKPOINTS` of a method; None for methods without.

    Raises `MethodError` when the adapter cannot be imported, or when its `CHECKPOINTS` misses one of the functions.
    """
    if entry.card.external or entry.live:
        return None  # its weights are in its clone, or in this process, and never read here
    try:
        found = getattr(import_adapter(entry), "CHECKPOINTS", None)
    except ImportError as error:
        raise MethodError(f"{entry.card.id}: the adapter cannot be imported: {error}") from error
    if found is not None and not isinstance(found, Checkpoints):
        raise MethodError(f"{entry.folder / CARD}: CHECKPOINTS of the adapter needs import_file, status and default.")
    return found


def checkpoint_status(entry: MethodEntry, checkpoint: Path | None = None) -> list[CheckpointStatus] | None:
    """What a method says of its weights, or of a file; None for methods that say nothing. Raises `MethodError`."""
    known = checkpoints_of(entry)
    if known is None:
        return None
    with entry.world.inside():
        return known.status(checkpoint and checkpoint.absolute())


def import_checkpoint(entry: MethodEntry, path: Path) -> Path:
    """Check and convert an official checkpoint of a method; returns the converted file. Raises `MethodError`."""
    known = checkpoints_of(entry)
    if known is None:
        raise MethodError(f"{entry.card.id} takes no checkpoint that evalkit could import.")
    refuse_special(path)
    with entry.world.inside():
        return known.import_file(path.absolute())


def with_checkpoint(entry: MethodEntry, config: MethodConfig) -> MethodConfig:
    """`config` with the checkpoint named that its method will load, so that what is hashed is what is used.

    `checkpoint` stays None with random weights, and for methods without `CHECKPOINTS` unless the user gave a file.

    Raises `MethodError` when the method needs a checkpoint and none is found.
    """
    if config.random_weights:
        return replace(config, checkpoint=None)
    known = None if config.checkpoint else checkpoints_of(entry)
    if known is None:
        return config
    with entry.world.inside():
        return replace(config, checkpoint=known.default(config))


def checkpoint_sha256(config: MethodConfig) -> str | None:
    """sha256 of the checkpoint that a configuration names, a file or a folder of files."""
    return sha256_of(config.checkpoint) if config.checkpoint else None
