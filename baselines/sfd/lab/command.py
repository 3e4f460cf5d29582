"""What the commands of SFD do alike: read numbers, and end with a sentence where a user can act on an error."""

import argparse
import logging
import sys
from collections.abc import Callable

from evalkit.errors import EvalkitError

_LOG = logging.getLogger("evalkit")


def positive(text: str) -> int:
    """A whole number of at least 1, for `argparse`. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)


def run(command: Callable[[argparse.Namespace], None], given: argparse.Namespace) -> int:
    """Exit code of a command: 0, or 2 for an error that the user can act on, which is then printed."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        command(given)
    except EvalkitError as error:
        _LOG.error("%s", error)
        return 2
    return 0
