"""Native methods with random weights, small enough to run on a CPU."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from evalkit.clips import video
from evalkit.method.find import find_method, import_adapter, method_options
from evalkit.method.interface import Driving, Method, MethodConfig
from evalkit.types import Frames
from tests.baselines.tiny import TINY

Build = Callable[..., Method]
Sizes = Mapping[str, Mapping[str, Any]]
"""Method -> arguments of its adapter's `build`, the side of its pictures among them."""

SIDE = 128
EVERY = tuple(TINY)
FULL: Sizes = {name: {"side": SIDE} for name in EVERY}
"""The networks of the released models on pictures half as large as theirs."""


class RandomMethods:
    """Builds methods; the same request twice in a row gives the same object."""

    def __init__(self) -> None:
        self._built: dict[tuple[object, ...], Method] = {}

    def __call__(
        self,
        name: str,
        *options: str,
        sizes: Sizes = TINY,
        precision: str = "fp32",
        channels_last: bool = False,
    ) -> Method:
        key = (name, options, sizes[name]["side"], precision, channels_last)
        if key not in self._built:
            self._built.clear()
            adapter = import_adapter(find_method(name))
            config = config_of(name, *options, precision=precision, channels_last=channels_last)
            self._built[key] = adapter.build(config, **sizes[name])
        return self._built[key]


def config_of(name: str, *options: str, **keys: object) -> MethodConfig:
    exact = [] if any(option.startswith("rounding=") for option in options) else ["rounding=nearest"]
    given = [*options, *exact, *(["decoder=small"] if name == "fsrt" else [])]
    values = method_options(find_method(name).card, given)
    return dataclasses.replace(MethodConfig(random_weights=True, options=values), **keys)


def fitted(frames: Frames, driving: Driving, side: int) -> tuple[Frames, Driving]:
    """Both at the side of the networks, so that nothing is resized or rounded."""
    return to_size(frames, side), chosen(driving, size=side)


def chosen(driving: Driving, **keys: int) -> Driving:
    """The same clip with other `keys` of its selection."""
    return dataclasses.replace(driving, selection=dataclasses.replace(driving.selection, **keys))


def to_size(frames: Frames, side: int) -> Frames:
    return np.stack([video.fit(frame, side) for frame in frames])


def floats(method: Method, source: Frames, driving: Driving, motion: str = "absolute") -> np.ndarray:
    """All generated frames, as they are before anything is rounded where the sizes are equal."""
    return np.concatenate([np.asarray(c) for c in method.animate(source, driving, motion)])  # type: ignore[arg-type]
