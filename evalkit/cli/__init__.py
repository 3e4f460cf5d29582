"""The command line. `evalkit --help` must answer at once, so commands import what they need when they run.

app          all commands in one place
run          `evalkit run`
score        `evalkit score`
merge        `evalkit merge`
status       `evalkit status`
profile      `evalkit profile`
results      how both report
table        `evalkit table`
report       `evalkit report`
site         `evalkit site`
plot         `evalkit plot`
plot_pairs   `evalkit plot grid` and `plot video`
explain      `evalkit explain`
track        `evalkit track`
paper        `evalkit paper`
gate         `evalkit gate`
gate_report  how a gate reports
history      `evalkit history`
leaderboard  `evalkit leaderboard`
leaderboard_verify  `evalkit leaderboard verify`
leaderboard_folder  where rows are read and written
study        `evalkit study`
methods      `evalkit methods`
external     `evalkit methods setup`, `doctor`, `try`, `new`, `compare`
metrics      `evalkit metrics`
audit        what `evalkit metrics audit` does
calibrate    what `evalkit metrics calibrate` does
protocols    `evalkit protocols`
presets      `evalkit presets`
data         `evalkit data`
weights      `evalkit weights`
weight_users  which metrics and methods use a network file
cache        `evalkit cache`
doctor       `evalkit doctor`
bench        `evalkit bench`
check        `evalkit check`
everywhere   `--plugin`, `--quiet` and `--verbose`, which every command takes
plugins      what `--plugin` does
options      options that several commands share
interrupt    what Ctrl-C raises
printing     how tables are printed
completion   `evalkit completion`, and the names that shells complete
echo         plain lines
loudness     how much is said on stderr
progress     a bar, or lines at intervals
console      lists, grids and JSON on stdout
failure      the message when a command ends with an exception
"""

import contextlib
import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from evalkit.base.text import printable
from evalkit.cli.interrupt import Interrupted


def main() -> None:
    """Entry point: whatever happens ends in one paragraph on stderr and an exit code.

    2 for a usage error or a file-system error, 130 for Ctrl-C, 70 for a bug, whose traceback goes to a file.
    """
    signal.signal(signal.SIGINT, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what its encoding lacks is written out
            stream.reconfigure(errors="backslashreplace")
    try:
        # Inside, so that an installation that is damaged ends in a sentence too.
        from evalkit.cli.app import built

        try:
            built()()
        finally:
            _flush()
    except Interrupted:
        _end("evalkit: stopped. Finished pairs are kept; repeat the command to go on.", 130)
    except Exception as error:
        from evalkit.cli.failure import explain_failure

        _end(*explain_failure(error))


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted


def _flush() -> None:
    """Write what waits, so that a full disk is told of. A reader that has gone, as `head` does, wants no more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    except ValueError:  # closed
        return


def _drop_output() -> None:
    """What waits for stdout has nowhere to go: Python would try, and complain, once more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(message: str, code: int) -> NoReturn:
    print(printable(message), file=sys.stderr)  # noqa: T201
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _drop_output()
    sys.exit(code)
