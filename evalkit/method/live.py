"""Methods that are objects of this process, such as a network that is being trained: no folder, no card, no code file.

Nothing tells when such an object changes, so what it made is never taken for what it would make now: every object gets
a stamp of its own, which stands where the digest of the code does.
"""

import inspect
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import MethodError
from evalkit.method.interface import Driving, Method, MethodCard
from evalkit.types import Frames, Motion

Animate: TypeAlias = Callable[[Frames, Driving, Motion], NDArray[np.generic] | Iterable[NDArray[np.generic]]]
"""(sources, driving, motion) -> all frames in one array, or chunk by chunk, as `Method.animate` says."""


@dataclass(frozen=True)
class Live:
    """An object that animates, and what stands for its code in the record of a run."""

    method: Method
    stamp: str = field(default_factory=lambda: f"in memory {uuid.uuid4().hex}")


def live(thing: Method | Animate) -> Live:
    """An object with `animate`, or a function that does the same. Raises `MethodError` for anything else."""
    if isinstance(thing, type):
        raise MethodError(f"The method is the class {thing.__name__}. Give an object of it: {thing.__name__}(...).")
    if isinstance(thing, Method):
        return Live(thing)
    if callable(thing):
        return Live(_Function(thing))
    raise MethodError(
        f"The method is {type(thing).__name__}, which cannot animate. Give the id of a method, the path of its folder "
        "or adapter file, a function (sources, driving, motion) -> frames, or an object with such an `animate`."
    )


def card_of(thing: object, name: str | None) -> MethodCard:
    """The card of an object of this process: it is called `name`, or as its function or class."""
    title = name or (thing.__name__ if inspect.isroutine(thing) else type(thing).__name__)
    found = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "method"
    return MethodCard(id=found, title=title, kind="native", max_sources=None)


@dataclass(frozen=True)
class _Function:
    function: Animate

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Chunks of what the function returns."""
        made = self.function(sources, driving, motion)
        if isinstance(made, np.ndarray):
            yield made
        else:
            yield from made
