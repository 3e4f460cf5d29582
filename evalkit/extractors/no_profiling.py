"""MediaPipe's profiling signal, kept from ending the process.

MediaPipe's library (seen in 0.10.35) starts a timer in each of its threads that sends SIGPROF after every 10 ms of its
time, and for a moment one of the whole process. It has the process ignore that signal, once, when the first landmarker
is made. If the signal has its default back later, the process ends without a word when one of those threads next works.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_profiling() -> Iterator[None]:
    """SIGPROF is blocked in this thread, and for good in all threads that begin in this block; exceptions pass.

    In the main thread the process is also told to ignore it from now on, unless Python code handles it.
    """
    if not hasattr(signal, "SIGPROF"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
    try:
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGPROF) == signal.SIG_DFL:
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
