"""A native method as evalkit runs it: the source read once, driving frames in batches, frames of the size asked for."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.native.batches import TRIED, Batches, batch_size, inference, regrouped, retried
from baselines._shared.native.initial import best_initial
from baselines._shared.native.pictures import to_frames, to_tensor
from baselines._shared.native.speedups import compiled, to_device
from baselines._shared.native.workers import alone, worker_count
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig
from evalkit.types import Frames, Motion

Render = Callable[[Tensor], Tensor]
"""(B, 3, n, n) driving frames in [0, 1] -> (B, 3, m, m) generated frames, clamped to [0, 1] by the caller."""


class Animator(Protocol):
    """Networks that animate."""

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """Read the sources, once per pair.

        Args:
            sources: (S, 3, n, n) in [0, 1].
            initial: (1, 3, n, n), the driving frame where relative motion starts; None for absolute motion.
        """
        ...


class NativeMethod:
    """`evalkit.method.interface.Method` around an `Animator`.

    Args:
        animator: on the device of `config`.
        config: with the option `batch`, and `best_frame` where the method has it.
        size: side of the networks' input, pixels.
        max_sources: how many images the method takes; None for any number.
        full_size_sources: `Animator.begin` gets the sources as they are, and the method makes frames of that size.
    """

    def __init__(
        self,
        animator: Animator,
        config: MethodConfig,
        *,
        size: int,
        max_sources: int | None = 1,
        full_size_sources: bool = False,
    ) -> None:
        self._animator = animator
        self._config = config
        self._size = size
        self._max_sources = max_sources
        self._full_size_sources = full_size_sources
        self._batches = Batches(batch_size(config), worker_count(config.device))
        self._search = config.options.get("best_frame") == "search"

    def animate(self, sources: Frames, driving: Iterable[Frames], motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames, batch by batch; see `evalkit.method.interface.Method`."""
        check_sources(sources, self._max_sources)
        render: Render | None = None
        if self._batches.unknown:
            first = next(regrouped(driving, TRIED))
            render = self._begin(sources, driving, first[:1], motion)
            with inference():
                self._batches.find(render, to_tensor(first, self._size), self._config.device)
        for chunk in regrouped(driving, self._batches.at_once):
            render = render or self._begin(sources, driving, chunk[:1], motion)
            with inference(), alone(self._config.device):
                images = self._batches.map(render, to_tensor(chunk, self._size))
                frames = to_frames(images, sources.shape[1])
            yield frames

    def _begin(self, sources: Frames, driving: Iterable[Frames], first: Frames, motion: Motion) -> Render:
        initial: Tensor | None = None
        if motion == "relative":
            initial = to_tensor(best_initial(sources[0], driving) if self._search else first, self._size)
        images = to_tensor(sources, sources.shape[1] if self._full_size_sources else self._size)

        def begin() -> Render:
            start = None if initial is None else to_device(initial, self._config)
            return self._animator.begin(to_device(images, self._config), start)

        with inference(), alone(self._config.device):
            faster = compiled(retried(begin), self._config)
        return lambda frames: faster(to_device(frames, self._config))


def check_sources(sources: Frames, most: int | None) -> None:
    """Raise `MethodError` for no source, or for more than a method takes."""
    if not len(sources) or (most is not None and len(sources) > most):
        raise MethodError(f"takes {most or 'any number of'} source image(s), at least one; got {len(sources)}.")
