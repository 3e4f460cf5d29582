"""The command line. `evalkit --help` must answer at once, so commands import what they need when they run."""

import signal
import sys
from types import FrameType
from typing import NoReturn


class Interrupted(BaseException):
    """Ctrl-C, by a name of our own: the command-line library would answer a KeyboardInterrupt without a word."""


def main() -> None:
    """Entry point: a mistake or locked folder ends in one paragraph, Ctrl-C in one line, a bug in a traceback."""
    from evalkit.cli.app import app
    from evalkit.errors import EvalkitError

    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except EvalkitError as error:
        _end(f"evalkit: {error}", 2)
    except PermissionError as error:
        place = error.filename or error
        _end(f"evalkit: {place}: permission denied. Fix the permissions of it and of the folders above it.", 2)
    except Interrupted:
        _end("evalkit: stopped. Finished pairs are kept; repeat the command to go on.", 130)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted


def _end(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)  # noqa: T201
    sys.exit(code)
