"""The message when a command ends with an exception."""

import errno
import os
import platform
import shlex
import sys
import tempfile
import traceback
from pathlib import Path

from evalkit import __version__
from evalkit.base.extras import missing_library
from evalkit.base.plugins import explained, raised_in
from evalkit.errors import EvalkitError

USAGE, BUG = 2, 70
"""Exit codes: the user can fix it; evalkit has to be fixed (`EX_SOFTWARE` of sysexits.h)."""

_REFUSED = {
    errno.EACCES: "permission denied. Fix its permissions and those of the folders above it.",
    errno.EPERM: "permission denied. Fix its permissions and those of the folders above it.",
    errno.EROFS: "the file system is read-only. Choose another place.",
    errno.ENOSPC: "no space left on the device. Free some, or choose another place.",
    errno.EDQUOT: "the disk quota is used up. Free some space, or choose another place.",
    errno.ENAMETOOLONG: "the name is too long for the file system. Use a shorter one.",
    errno.ELOOP: "a loop of symbolic links. Fix the link.",
}
"""Answers of the file system that no program can prevent, and what to do."""
_NOT_OURS = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}
"""A path that the user gave, or keeps in it, that is something else than what is needed there."""


def explain_failure(error: Exception) -> tuple[str, int]:
    """The paragraph to print and the exit code. For a bug, the traceback is written to a file that it names."""
    if isinstance(error, EvalkitError):
        return f"evalkit: {error}", USAGE
    if missing := missing_library(error):
        return f"evalkit: {missing}", USAGE
    if isinstance(error, OSError) and error.errno in _REFUSED:
        if error.filename is None:
            # Semaphores and shared memory of worker processes have no path of the user's.
            hint = "The system named no file: check where the output goes, and the space of /tmp and /dev/shm."
            return f"evalkit: {os.strerror(error.errno)}. {hint}", USAGE
        return f"evalkit: {error.filename}: {_REFUSED[error.errno]}", USAGE
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        name = error.object[max(0, error.start - 60) : error.end + 60].strip()
        if (encoding := sys.getfilesystemencoding()) != "utf-8":
            hint = f"This locale reads file names as {encoding}: set PYTHONUTF8=1, or LC_ALL to one with UTF-8."
            return f"evalkit: the file name {name!a} cannot be read. {hint}", USAGE
        return f"evalkit: the file name {name!a} is not UTF-8. Rename the file.", USAGE
    if isinstance(error, OSError) and error.errno in _NOT_OURS and error.filename:
        return f"evalkit: {error.filename}: {os.strerror(error.errno)}. Give another path.", USAGE
    if plugin := raised_in(error):
        return f"evalkit: the plugin {plugin} raised {explained(error)}. This is not a bug in evalkit.", USAGE
    summary = f"{type(error).__name__}: {error}".splitlines()[0]
    place = _keep_traceback(error)
    where = f"The traceback is in {place}; please attach it to a report." if place else "The traceback is above."
    return (
        f"evalkit: this is a bug in evalkit, not a mistake of yours. {summary}. {where}",
        BUG,
    )


def _keep_traceback(error: Exception) -> Path | None:
    """Write the traceback and what ran to a file; None where nothing can be written, and then it goes to stderr."""
    trace = "".join(traceback.format_exception(error))
    report = (
        f"evalkit {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {shlex.join(sys.argv)}\n\n{trace}"
    )
    try:
        handle, name = tempfile.mkstemp(prefix="evalkit-bug-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report)
    except OSError:
        print(trace, file=sys.stderr)  # noqa: T201
        return None
    return Path(name)
