"""Processes that end with their parent: one function over many items, or a pool to give jobs to."""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from evalkit.base.plugins import import_files
from evalkit.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")


VARIABLE = "EVALKIT_WORKERS"


def worker_count(asked: int | None) -> int:
    """The number of worker processes: what was asked for, else `$EVALKIT_WORKERS`, else one per core, at most 8.

    Raises `WorkerError` when the variable is no positive whole number.
    """
    if asked:
        return asked
    if not (text := os.environ.get(VARIABLE)):
        return min(os.cpu_count() or 1, 8)
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise WorkerError(f"${VARIABLE} is {text[:40]!r}: expected a positive whole number of processes.")
    return int(text)


def run_all(function: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """Results of `function` over `items`, as they come; in this process when there is one worker or one item.

    Raises `WorkerError` when a process dies, and whatever `function` raises.
    """
    if workers <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    with process_pool(min(workers, len(items))) as executor:
        for future in as_completed([start(executor, function, item) for item in items]):
            yield future.result()


def begin() -> None:
    """The first thing a process does that works for another one."""
    _follow_parent()
    # A job may hold a function of a plugin file, which no name on the path leads to.
    import_files()


def _follow_parent() -> None:
    """Ctrl-C is the parent's business, and a worker does not outlive a killed parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with this block, and with this process however it ends.

    Raises `WorkerError` when one of them died.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=begin)
    try:
        yield executor
    except BrokenProcessPool as error:
        raise WorkerError(
            "A worker process died. Its own message, if any, is above; without one it most likely ran "
            "out of memory. Finished work is kept; --workers 1 takes the least memory."
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def start(executor: ProcessPoolExecutor, function: Callable[[Item], Result], job: Item) -> "Future[Result]":
    """Start a job in another process. Ctrl-C is deferred meanwhile: a half-started process dies with a traceback.

    New processes import the main module only for jobs that hold something of it. A program from standard input has no
    file to import, and a script without a guard would run once more in every process.
    """
    with _interrupts_held(), nullcontext() if b"__main__" in pickle.dumps((function, job)) else _without_main():
        return executor.submit(function, job)


def spawn(function: Callable[..., None], *arguments: object) -> BaseProcess:
    """A process of its own that runs `function`, of a module, until it is killed; the caller sees to that."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    with _interrupts_held(), _without_main():
        process.start()
    return process


@contextmanager
def _without_main() -> Iterator[None]:
    """Inside, new processes find nothing to import as the main module."""
    main = sys.modules["__main__"]
    kept: dict[str, Any] = {name: vars(main).pop(name) for name in ("__file__", "__spec__") if name in vars(main)}
    main.__spec__ = None
    try:
        yield
    finally:
        vars(main).update(kept)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Inside, Ctrl-C waits.

    The signal is blocked, which a process that is started here inherits. Python runs handlers in the main thread
    whichever thread a signal reaches, so the handler waits as well.
    """
    came: list[int] = []
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number)) if in_main else None
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if in_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    if came:
        signal.raise_signal(signal.SIGINT)
