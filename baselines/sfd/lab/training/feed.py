"""Batches ahead of time: while the networks are at one step, a thread reads the frames of the next."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Feed(Generic[T]):
    """What `make` gives for numbers that are asked for one after the other, made one ahead.

    Args:
        make: of a step; called in one thread.
        steps: nothing is made ahead from this number on.
    """

    def __init__(self, make: Callable[[int], T], steps: int) -> None:
        self._make, self._steps = make, steps
        self._thread = ThreadPoolExecutor(1, "batches")
        self._ahead: dict[int, Future[T]] = {}
        self.waited = 0.0

    def take(self, step: int) -> T:
        """What was made for `step`; `waited` counts the seconds that this took."""
        began = time.monotonic()
        made = self._ahead.pop(step, None) or self._thread.submit(self._make, step)
        self._ahead.clear()
        if step + 1 < self._steps:
            self._ahead[step + 1] = self._thread.submit(self._make, step + 1)
        result = made.result()
        self.waited += time.monotonic() - began
        return result
