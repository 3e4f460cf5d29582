"""Extractors from outside: checked, marked with the hash of their code, and guarded while they run."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from evalkit.base.plugins import Offer, Plugin, guarded
from evalkit.errors import PluginError, ScoreError
from evalkit.extractors.base import WHOLE_CLIP, Extract, ExtractClip, Extractor
from evalkit.extractors.facts import complaints
from evalkit.types import Features, Frames


def adopt(offer: Offer) -> tuple[str, Extractor]:
    """Id and extractor of what a plugin offers. Raises `PluginError` if it is not an extractor."""
    extractor = offer.value
    if not isinstance(extractor, Extractor):
        raise PluginError(f"expected an Extractor (evalkit.extractors), got {type(extractor).__name__}.")
    if wrong := complaints(extractor):
        raise PluginError(f"extractor {extractor.id!r}: {'; '.join(wrong)}.")
    return extractor.id, replace(
        extractor,
        plugin=offer.plugin,
        # In the signature, because that is the key of the cache.
        signature=f"{extractor.signature}|{offer.plugin.mark}",
        load=_watched(extractor, offer.plugin),
    )


def _watched(extractor: Extractor, plugin: Plugin) -> Callable[..., Extract | ExtractClip]:
    """`load`: what it raises ends the run, what the function it returns raises costs the pair."""
    what = f"The extractor {extractor.id}"
    load = guarded(extractor.load, f"{what}: load", plugin, PluginError)

    @functools.wraps(extractor.load)
    def loaded(*args: str, **kwargs: str) -> Extract | ExtractClip:
        made = load(*args, **kwargs)
        if not callable(made):
            raise PluginError(f"{what} of the plugin {plugin}: load returned {type(made).__name__}, no function.")
        safe = guarded(made, what, plugin, ScoreError)
        if extractor.window == WHOLE_CLIP:
            of_clip = cast("ExtractClip", safe)

            def clip(count: int, chunks: Iterable[Frames]) -> Features:
                return _checked(of_clip(count, chunks), None, what, plugin)

            return clip
        of_frames = cast("Extract", safe)

        def frames(given: Frames, upstream: Mapping[str, Features]) -> Features:
            rows = len(given) if extractor.window == 1 else 1
            return _checked(of_frames(given, upstream), rows, what, plugin)

        return frames

    return loaded


def _checked(features: object, rows: int | None, what: str, plugin: Plugin) -> Features:
    """The features, or `ScoreError` for anything else than named arrays of `rows` rows (None: of one, or none)."""
    if not isinstance(features, Mapping) or not features:
        raise ScoreError(f"{what} of the plugin {plugin} returned {type(features).__name__}; expected named arrays.")
    for name, array in features.items():
        allowed = (0, 1) if rows is None else (rows,)
        if not isinstance(array, np.ndarray) or array.ndim < 1 or len(array) not in allowed:
            got = str(array.shape) if isinstance(array, np.ndarray) else type(array).__name__
            wanted = " or ".join(map(str, allowed))
            raise ScoreError(f"{what} of the plugin {plugin} returned {name!r} as {got}; expected {wanted} rows.")
        if array.dtype.kind not in "fiub":
            raise ScoreError(f"{what} of the plugin {plugin} returned {name!r} as {array.dtype}; expected numbers.")
    return dict(features)
