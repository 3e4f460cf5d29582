"""The message when a command ends with an exception."""

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
from evalkit.base.refusals import explained as explained_refusal
from evalkit.base.refusals import is_expected
from evalkit.base.world import said_by
from evalkit.errors import EvalkitError

USAGE, BUG = 2, 70
"""Exit codes: the user can fix it; evalkit has to be fixed (`EX_SOFTWARE` of sysexits.h)."""


def explain_failure(error: Exception) -> tuple[str, int]:
    """The paragraph to print and the exit code. For a bug, the traceback is written to a file that it names."""
    if isinstance(error, EvalkitError):
        return f"evalkit: {error}", USAGE
    if missing := missing_library(error):
        return f"evalkit: {missing}", USAGE
    if isinstance(error, OSError) and is_expected(error):
        return f"evalkit: {explained_refusal(error)}", USAGE
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        name = error.object[max(0, error.start - 60) : error.end + 60].strip()
        if (encoding := sys.getfilesystemencoding()) != "utf-8":
            hint = f"This locale reads file names as {encoding}: set PYTHONUTF8=1, or LC_ALL to one with UTF-8."
            return f"evalkit: the file name {name!a} cannot be read. {hint}", USAGE
        return f"evalkit: the file name {name!a} is not UTF-8. Rename the file.", USAGE
    if plugin := raised_in(error):
        return f"evalkit: the plugin {plugin} raised {explained(error)}. This is not a bug in evalkit.", USAGE
    summary = f"{type(error).__name__}: {said_by(error)}".splitlines()[0]
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
