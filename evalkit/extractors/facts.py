"""Rules for the facts of an extractor: tests check evalkit's own, registration checks those of plugins."""

import inspect
import re
from collections.abc import Iterator

from evalkit.extractors.base import WHOLE_CLIP, Extractor


def complaints(extractor: Extractor) -> list[str]:
    """What is wrong with the facts of an extractor, each in a few words; empty when nothing is."""
    return [*_words(extractor), *_numbers(extractor), *_border(extractor)]


def _words(extractor: Extractor) -> Iterator[str]:
    if not isinstance(extractor.id, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", extractor.id):
        yield f"the id {extractor.id!r} must consist of lower-case letters, digits and underscores"
    if not isinstance(extractor.signature, str) or not extractor.signature or "\n" in extractor.signature:
        yield f"signature is {extractor.signature!r}; expected a line of text"
    for name in ("requires", "weights", "modules"):
        texts = getattr(extractor, name)
        if not isinstance(texts, tuple) or not all(isinstance(text, str) for text in texts):
            yield f"{name} is {texts!r}; expected a tuple of names"


def _numbers(extractor: Extractor) -> Iterator[str]:
    if type(extractor.window) is not int or extractor.window < WHOLE_CLIP:
        yield f"window is {extractor.window!r}; expected a number of frames, or WHOLE_CLIP"
    if type(extractor.lookback) is not int or extractor.lookback < 0:
        yield f"lookback is {extractor.lookback!r}; expected a number of frames"
    if extractor.lookback and (extractor.window != 1 or extractor.transient or extractor.requires or extractor.gpu):
        yield "with a lookback it sees frames alone on the CPU: no window, nothing transient, no other extractors"
    if type(extractor.transient) is not int or extractor.transient < 0:
        yield f"transient is {extractor.transient!r}; expected a number of frames"
    if extractor.hears and extractor.window != WHOLE_CLIP:
        yield "what hears the sound of a clip sees all of it: window is WHOLE_CLIP"
    if (extractor.window != 1 or extractor.transient) and extractor.requires:
        yield "it sees many frames at a time, or keeps none, so it cannot build on other extractors"


def _border(extractor: Extractor) -> Iterator[str]:
    if not callable(extractor.load):
        yield f"load is {extractor.load!r}; expected a function"
    elif extractor.gpu:
        if extractor.requires:
            yield "a network for a GPU takes frames alone, so it cannot build on other extractors"
        if "device" not in inspect.signature(extractor.load).parameters:
            yield "load of a network for a GPU takes a device"
