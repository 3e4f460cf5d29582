"""What a check is, and how one is run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evalkit.base.plugins import explained
from evalkit.errors import EvalkitError

Check = Callable[[], str]
"""Returns what is wrong, or an empty text."""


class CannotCheck(EvalkitError):
    """Something that a check needs is missing: a network, weights, an optional library."""


@dataclass(frozen=True)
class Result:
    """Result of one check of `subject`, such as "metric lmd"; `text` is what is wrong, or why it was skipped."""

    subject: str
    check: str
    state: Literal["passed", "failed", "skipped"]
    text: str = ""


def run_check(subject: str, name: str, check: Check) -> Result:
    """Run a check; any exception is a failure, since the checked code raised it."""
    try:
        wrong = check()
    except CannotCheck as error:
        return Result(subject, name, "skipped", str(error))
    except EvalkitError as error:
        return Result(subject, name, "failed", str(error))
    except (Exception, SystemExit) as error:
        return Result(subject, name, "failed", f"{explained(error)}.")
    return Result(subject, name, "failed" if wrong else "passed", wrong)
