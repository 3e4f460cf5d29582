"""Batches for networks on a GPU: as large as asked for, whichever clips the frames come from, and read ahead of time.

Frames are taken in the order they are added, which is the protocol's, so a batch depends on no race. Every batch has
the same size, the last one filled up with copies of its last frame: one shape, one choice of kernels.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

import numpy as np

from evalkit.extractors import Extract
from evalkit.types import Features, Frames

Item = TypeVar("Item")
Give: TypeAlias = Callable[[Features], None]
"""Takes the features of the next frames of one clip; what was added in one piece may come back in several."""
_PATIENCE_S = 0.1


class Batcher:
    """Runs one extractor on batches of `size` frames that cross the borders of clips."""

    def __init__(self, extract: Extract, size: int) -> None:
        self._extract, self._size = extract, size
        self._waiting: list[tuple[Frames, Give]] = []
        self._count = 0

    def add(self, frames: Frames, give: Give) -> None:
        """Queue frames (T, H, W, 3); `give` is called as soon as their batch is full. Another size ends the batch."""
        if self._waiting and self._waiting[0][0].shape[1:] != frames.shape[1:]:
            self.flush()
        while self._count + len(frames) >= self._size:
            cut = self._size - self._count
            self._waiting.append((frames[:cut], give))
            self._run()
            frames = frames[cut:]
        if len(frames):
            self._waiting.append((frames, give))
            self._count += len(frames)

    def flush(self) -> None:
        """Run what is queued."""
        if self._waiting:
            self._run()

    def _run(self) -> None:
        pieces, self._waiting, self._count = self._waiting, [], 0
        frames = np.concatenate([frames for frames, _ in pieces])
        filling = np.repeat(frames[-1:], self._size - len(frames), axis=0)
        features = self._extract(np.concatenate([frames, filling]), {})
        start = 0
        for part, give in pieces:
            rows = slice(start, start + len(part))
            give({name: array[rows] for name, array in features.items()})
            start += len(part)


def read_ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """The same items, at most `depth` of them made before they are asked for, in a thread of their own.

    What `items` raises is raised here, in its place. The thread ends with the iteration, however that ends.
    """
    ready: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(depth)
    stopped = threading.Event()

    def put(thing: tuple[Item] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return ready.put(thing, timeout=_PATIENCE_S)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for item in items:
                put((item,))
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        while (thing := ready.get()) is not None:
            if isinstance(thing, BaseException):
                raise thing
            yield thing[0]
    finally:
        stopped.set()
        thread.join()
