"""The contract of an extractor."""

import inspect
from collections.abc import Callable
from typing import cast

import numpy as np

from evalkit.datasets.drawn import render_clip
from evalkit.doctor.contract.checks import CannotCheck
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extract, ExtractClip, ExtractHeard, Extractor
from evalkit.extractors.facts import complaints
from evalkit.scoring.availability import missing_networks
from evalkit.scoring.features import dependency_order
from evalkit.types import Features, Frames

_SIDE, _FRAMES = 128, 4


def facts(extractor: Extractor) -> str:
    """The facts are complete and of their types, and what it builds on is registered."""
    wrong = complaints(extractor)
    wrong += [f"it requires {name}, which is not registered" for name in extractor.requires if name not in EXTRACTORS]
    return "; ".join(wrong)


def comes_last_in_its_chain(extractor: Extractor) -> str:
    """All extractors it builds on exist, and none of them builds on it."""
    order = dependency_order([extractor.id])
    return "" if order[-1] == extractor.id else f"its chain is {' -> '.join(order)}"


def signature_is_its_own(extractor: Extractor) -> str:
    """No other extractor has its signature."""
    own = [name for name in EXTRACTORS if name != extractor.id and EXTRACTORS[name].signature == extractor.signature]
    return f"the signature is that of {own[0]}" if own else ""


def gives_rows(extractor: Extractor) -> str:
    """It runs on a few frames, and frames that come one by one, after its `lookback`, get the features of all."""
    together = features_of_heads(extractor)
    if extractor.window != 1 or extractor.transient or extractor.requires:
        return ""
    extract = cast("Extract", _load(extractor))
    starts = [max(index - extractor.lookback, 0) for index in range(_FRAMES)]
    parts = [extract(heads()[start : index + 1], {}) for index, start in enumerate(starts)]
    for name, rows in together.items():
        single = np.concatenate([part[name][-1:] for part in parts])
        if not np.allclose(single, rows, rtol=1e-3, atol=1e-6, equal_nan=True):
            return f"{name!r} of a frame depends on other frames than its lookback names"
    return ""


def checks_of(extractor: Extractor) -> dict[str, Callable[[Extractor], str]]:
    """Name -> check, of all that concern this extractor."""
    found: dict[str, Callable[[Extractor], str]] = {
        "facts": facts,
        "chain": comes_last_in_its_chain,
        "signature": signature_is_its_own,
    }
    return found if extractor.imported else found | {"rows": gives_rows}


def features_of_heads(extractor: Extractor) -> Features:
    """The features of a few drawn heads. Raises `CannotCheck` where its networks or libraries are absent."""
    if reason := missing_networks([extractor.id]):
        raise CannotCheck(reason)
    frames = heads()
    upstream: dict[str, Features] = {}
    for name in dependency_order([extractor.id])[:-1]:
        upstream[name] = cast("Extract", _load(EXTRACTORS[name]))(frames, upstream)
    if extractor.hears:
        return cast("ExtractHeard", _load(extractor))(len(frames), [frames], None)
    if extractor.window == WHOLE_CLIP:
        return cast("ExtractClip", _load(extractor))(len(frames), [frames])
    extract = cast("Extract", _load(extractor))
    repeated = -(-extractor.window // len(frames))
    return (
        extract(np.concatenate([frames] * repeated)[: extractor.window], {})
        if extractor.window > 1
        else extract(frames, upstream)
    )


def heads() -> Frames:
    """(4, 128, 128, 3) frames of one drawn person."""
    return render_clip(0, 0, _FRAMES, _SIDE).frames


def _load(extractor: Extractor) -> Extract | ExtractClip | ExtractHeard:
    return (
        extractor.load(device="cpu") if "device" in inspect.signature(extractor.load).parameters else extractor.load()
    )
