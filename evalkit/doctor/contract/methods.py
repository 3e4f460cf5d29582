"""The contract of a method."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.doctor.contract.checks import CannotCheck
from evalkit.errors import MethodError, MissingLibraryError
from evalkit.method.checkpoints import with_checkpoint
from evalkit.method.find import MethodEntry, build_method, method_options
from evalkit.method.generate import generate
from evalkit.method.interface import MethodConfig
from evalkit.protocol.rules import PairRule
from evalkit.protocol.schema import Protocol
from evalkit.types import Clip, Pair

_SIDE, _FRAMES = 64, 3


def card(entry: MethodEntry) -> str:
    """The card is complete, and the adapter it names exists."""
    wrong = [f"the card has no {name}" for name in ("title", "description", "licence") if not getattr(entry.card, name)]
    module = f"{entry.card.adapter.partition(':')[0]}.py"
    wrong += (
        [] if entry.card.external or (entry.folder / module).is_file() else [f"there is no {module} beside the card"]
    )
    return "; ".join(wrong)


def animates(entry: MethodEntry) -> str:
    """It gives one frame per driving frame of the size it was asked for; networks have random weights where it may.

    Raises `CannotCheck` for a method whose weights or libraries are missing.
    """
    if entry.card.external:
        raise CannotCheck("it runs in an environment of its own; `evalkit methods try` animates a pair with it")
    config = MethodConfig(options=method_options(entry.card, ()), random_weights=entry.card.kind != "baseline")
    try:
        method = build_method(entry, with_checkpoint(entry, config))
    except MissingLibraryError as error:
        raise CannotCheck(str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        clips = [_clip(Path(folder), identity) for identity in (0, 1)]
        protocol = Protocol(
            id="contract",
            title="Contract",
            task="cross_reenactment",
            dataset="folder",
            pairs=PairRule(rule="all_cross_identity"),
            motion=entry.card.motions[0],
            resolution=_SIDE,
            metrics=("l1",),
        )
        pair = Pair("source--driving", clips[0], (0,), clips[1])
        try:
            count, _ = generate(pair, method, protocol, Path(folder) / "generated.mkv", 0, entry.world)
        except MethodError as error:
            return f"on a pair of drawn clips of {_SIDE} pixels it {error}"
    return "" if count == _FRAMES else f"it made {count} frames of {_FRAMES}"


def checks_of(entry: MethodEntry) -> dict[str, Callable[[MethodEntry], str]]:
    """Name -> check, of all that concern this method."""
    return {"card": card, "animates": animates}


def _clip(folder: Path, identity: int) -> Clip:
    path = folder / f"person{identity}.mkv"
    video.write_video(path, [render_clip(identity, 0, _FRAMES, _SIDE).frames], 25)
    return Clip(path.stem, path.stem, "clip", path)
