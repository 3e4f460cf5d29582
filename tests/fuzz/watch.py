"""What no reader may do, whatever it is given."""

import os
import signal
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.errors import EvalkitError

LONGEST_S = 5.0
MOST_BYTES = 2048
_REPOSITORY = Path(__file__).resolve().parents[2]
_OURS = tuple(
    str(path)
    for path in (
        *(_REPOSITORY / name for name in ("evalkit", "baselines", "protocols", "leaderboards", "tests", ".venv")),
        *map(Path, {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}),
        *map(Path, ("/proc/self", "/sys/devices", "/dev/urandom", "/dev/null")),
    )
)
_EVENTS = {"open": 0, "os.mkdir": 0, "os.remove": 0, "os.rename": 1, "os.rmdir": 0, "os.listdir": 0, "os.scandir": 0}
"""Audit events and which of their arguments is the path that is touched."""
_watched: list[tuple[Path, list[str]]] = []
_hooked: list[bool] = []


class Misbehaviour(AssertionError):
    """A reader did what it may not."""


class _TooLong(BaseException):
    """Raised in a reader that takes too long; nothing catches it by accident."""


@contextmanager
def bounded(root: Path) -> Iterator[None]:
    """A block in which nothing outside `root` is opened and nothing takes longer than `LONGEST_S`."""
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    touched: list[str] = []
    _watched.append((root, touched))
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    began = time.monotonic()
    try:
        yield
    except _TooLong:
        raise Misbehaviour(f"no answer within {LONGEST_S} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        _watched.pop()
    if time.monotonic() - began > LONGEST_S:
        raise Misbehaviour(f"no answer within {LONGEST_S} s")
    if touched:
        raise Misbehaviour(f"touched {touched[0]!r}")


def behave(read: Callable[[], object], root: Path) -> bool:
    """Whether `read` took what lies in `root`. Raises `Misbehaviour` for all that it may not do."""
    try:
        with bounded(root):
            read()
    except EvalkitError as error:
        size = len(str(error).encode("utf-8", "surrogatepass"))
        if size > MOST_BYTES:
            raise Misbehaviour(f"a message of {size} bytes: {str(error)[:300]!r}") from error
        return False
    except Misbehaviour:
        raise
    except Exception as error:
        raise Misbehaviour(f"{type(error).__name__}: {str(error)[:300]}") from error
    return True


def _stop(number: int, frame: object) -> None:
    raise _TooLong


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if not _watched or event not in _EVENTS:
        return
    path = arguments[_EVENTS[event]]
    if not isinstance(path, str | bytes | os.PathLike):
        return
    root, touched = _watched[-1]
    name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - resolving would touch files in turn
    if event == "os.listdir" and name in sys.path:
        return  # an import, which looks again into a folder that has changed
    if not name.startswith((str(root), *_OURS)):
        touched.append(name)
