"""Native methods with random weights, small enough to run on a CPU."""

import contextlib
import dataclasses
import importlib
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from evalkit import video
from evalkit.adapter import Driving, Method, MethodConfig
from evalkit.methods import build_method, find_method, method_options
from evalkit.types import Frames

Build = Callable[..., Method]

SIDE = 128
LIGHT = ("fomm", "tpsm", "dagan", "fnevr", "g3fa", "lia", "dpe", "pirenderer")
HEAVY = ("osfs", "fsrt", "liveportrait")
EVERY = [*LIGHT, *(pytest.param(name, marks=pytest.mark.slow) for name in HEAVY)]
SIZED = {"lia": "LIA", "dpe": "DPE"}
"""Networks that are built for one size of images, and what their adapters call them."""


@contextlib.contextmanager
def random_methods(side: int = SIDE) -> Iterator[Build]:
    """Builds a method that works at `side` pixels; the same request twice in a row gives the same object."""
    built: dict[tuple[str, ...], Method] = {}
    with pytest.MonkeyPatch.context() as patch:

        def make(name: str, *options: str, precision: str = "fp32", channels_last: bool = False) -> Method:
            key = (name, precision, str(channels_last), *options)
            if key not in built:
                built.clear()
                adapter = importlib.import_module(f"baselines.{name}.adapter")
                if side != adapter.SIZE:
                    patch.setattr(adapter, "SIZE", side)
                    if name in SIZED:
                        patch.setattr(adapter, SIZED[name], partial(getattr(adapter, SIZED[name]), size=side))
                built[key] = build_method(
                    find_method(name), config_of(name, *options, precision=precision, channels_last=channels_last)
                )
            return built[key]

        yield make


def config_of(name: str, *options: str, **keys: object) -> MethodConfig:
    given = [*options, *(["decoder=small"] if name == "fsrt" else [])]
    values = method_options(find_method(name).card, given)
    return dataclasses.replace(MethodConfig(random_weights=True, options=values), **keys)


def to_size(frames: Frames, side: int) -> Frames:
    return np.stack([video.fit(frame, side) for frame in frames])


def floats(method: Method, source: Frames, driving: Driving, motion: str = "absolute") -> np.ndarray:
    """All generated frames, as they are before anything is rounded where the sizes are equal."""
    return np.concatenate([np.asarray(c) for c in method.animate(source, driving, motion)])  # type: ignore[arg-type]
