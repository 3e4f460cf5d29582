"""Python's search for reference cycles, paused while very many objects are made that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """In this block nobody looks for reference cycles; what nothing refers to is still freed at once.

    The search would go through all of them again and again as they grow in number.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
