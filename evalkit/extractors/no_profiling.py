"""Threads that the profiling signal cannot end.

MediaPipe's library (seen in 0.10.35) starts a timer in each of its threads that sends SIGPROF after every 10 ms of its
time. It has the process ignore that signal, once, when the first landmarker is made. Whoever puts the signal's default
back later, ends the process without a word when one of those threads next works.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_profiling() -> Iterator[None]:
    """SIGPROF is blocked in this thread, and for good in all threads that begin in this block; exceptions pass."""
    if not hasattr(signal, "SIGPROF"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
