"""Everything evalkit raises for a reason the user can act on.

    EvalkitError
    ├── UnknownNameError      a protocol, method, metric or dataset that is unknown
    ├── ProtocolError         a protocol file or pair list that does not hold together
    ├── DatasetError          a data root that is missing, empty or contradictory
    ├── VideoError            a file that cannot be decoded as asked
    ├── MethodError           a method that cannot be built, or returned something else than it promised
    ├── RunError              a run folder that cannot be used: other configuration, in use, unwritable
    ├── ScoreError            outputs that cannot be matched to a protocol
    ├── StudyError            a user study that cannot be made, served or counted
    ├── WeightsError          a network's weights that are absent, or not the bytes they should be
    ├── WorkerError           a worker process that died
    ├── DeviceError           a GPU that this process cannot use any more
    ├── PluginError           a plugin that cannot be used
    └── MissingLibraryError   an optional library that is not installed

An `EvalkitError` ends a command in one paragraph and exit code 2. Any other exception is a bug: it ends in a sentence,
exit code 70, and a file with its traceback (`cli/failure.py`).
Messages say what was expected, what came, and what to do.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence

_MOST_BYTES = 1900
_MOST_NAMES = 40


class EvalkitError(Exception):
    """Base of every error a user can act on. Of a message that is too long to read the beginning and the end stay."""

    def __init__(self, message: str = "") -> None:
        super().__init__(_readable(message))


class UnknownNameError(EvalkitError):
    """A name that is not registered; the message suggests the nearest known ones, and ends with `note`."""

    def __init__(self, kind: str, name: str, known: Iterable[str], note: str = "") -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else _known(names)
        super().__init__(f"There is no {kind} called {name!r}. {hint} {note}".rstrip())

    def __reduce__(self) -> tuple[Callable[[str], "UnknownNameError"], tuple[str]]:
        # From a worker process it comes back by its text: what it was made of is not kept.
        return _unknown_name, (str(self),)


def _readable(message: str) -> str:
    """What a stranger's file puts into a message does not flood a terminal or a log."""
    text = message.encode(errors="surrogatepass")
    if len(text) <= _MOST_BYTES:
        return message
    head, tail = text[: _MOST_BYTES * 3 // 4], text[-_MOST_BYTES // 4 :]
    return f"{head.decode(errors='ignore')} [...] {tail.decode(errors='ignore')}"


def _known(names: Sequence[str]) -> str:
    """All of them where they fit into a sentence; of more the names without their variants."""
    if len(names) > _MOST_NAMES:
        names = sorted({name.partition("[")[0] for name in names})
    return f"Known: {', '.join(names) or 'none'}."


def _unknown_name(text: str) -> UnknownNameError:
    return UnknownNameError.__new__(UnknownNameError, text)


class ProtocolError(EvalkitError):
    """A protocol file or pair list that does not hold together."""


class DatasetError(EvalkitError):
    """A data root that is missing, empty or contradictory."""


class VideoError(EvalkitError):
    """A file that cannot be decoded or encoded as asked."""


class MethodError(EvalkitError):
    """A method that cannot be built, or that returned something else than it promised."""


class RunError(EvalkitError):
    """A run folder that cannot be used: another configuration, in use by another process, or not writable."""


class ScoreError(EvalkitError):
    """Generated outputs that cannot be matched to a protocol."""


class StudyError(EvalkitError):
    """A user study that cannot be made, served or counted."""


class WeightsError(EvalkitError):
    """Weights of a network that are absent (the message says how to fetch them) or have a wrong checksum."""


class WorkerError(EvalkitError):
    """A worker process that died."""


class DeviceError(EvalkitError):
    """A GPU that this process cannot use any more, whatever it tries next; another process can."""


class PluginError(EvalkitError):
    """A plugin that cannot be used, or that returned something else than it promised."""


class MissingLibraryError(EvalkitError):
    """An optional library that is not installed; the message names the extra that provides it."""
