"""Where the time of a task goes: seconds by stage, each without the stages inside it. Nothing is measured unless asked.

Seconds are those of the thread that asked; stages in other threads are not seen.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


class _Watch(threading.local):
    """Seconds by stage, and the stages that are open: when each was entered or came back."""

    seconds: dict[str, float] | None = None
    open: list[str]
    since: float


_WATCH = _Watch()


@contextmanager
def recorded() -> Iterator[dict[str, float]]:
    """Yields seconds by stage, filled in while the block runs; `other` is what belongs to no stage."""
    before = _WATCH.seconds
    seconds: dict[str, float] = {}
    _WATCH.seconds, _WATCH.open, _WATCH.since = seconds, ["other"], time.perf_counter()
    try:
        yield seconds
    finally:
        _turn()
        _WATCH.seconds = before


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The block belongs to this stage, but for stages inside it."""
    if _WATCH.seconds is None:
        yield
        return
    _turn()
    _WATCH.open.append(name)
    try:
        yield
    finally:
        if _WATCH.seconds is not None:
            _turn()
            _WATCH.open.pop()


def staged(name: str, items: Iterator[Item]) -> Iterator[Item]:
    """The same items; making each belongs to the stage."""
    while True:
        with stage(name):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def _turn() -> None:
    """What passed since the last turn belongs to the innermost stage."""
    now = time.perf_counter()
    assert _WATCH.seconds is not None
    name = _WATCH.open[-1]
    _WATCH.seconds[name] = _WATCH.seconds.get(name, 0.0) + now - _WATCH.since
    _WATCH.since = now
