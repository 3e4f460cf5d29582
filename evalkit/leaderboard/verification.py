"""What a leaderboard row says of who checked its numbers, and the words for it in tables and figures."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from evalkit.records.json_record import Record
from evalkit.records.run import Amount, Count
from evalkit.tables.words import SELF_REPORTED, Status


class RowVerification(Record):
    """What `evalkit leaderboard verify` computed again of a run before its row was added."""

    verified: str
    """When that was."""
    evalkit: str
    """Version of the evalkit that verified."""
    commit: str | None
    """Of its checkout; null outside one."""
    seed: Count
    """Chose the pairs whose clips were scored again."""
    pairs: tuple[str, ...]
    """Ids of these pairs."""
    of: Annotated[int, Field(ge=1)]
    """Pairs of the run."""
    tolerance: Amount
    """How far a clip mean could lie from the submitted one, in units of the last digit that tables print."""
    furthest: Mapping[str, Amount]
    """Metric that was computed again -> how far its furthest clip mean lay from the submitted one, in those units."""
    not_again: Mapping[str, str]
    """Metric whose clips were not scored again -> why."""
    environment: tuple[str, ...]
    """What differs between the environments of the run and of the verification, a line each."""


def status_of(verification: RowVerification | None) -> Status:
    """The word for a measured row."""
    return SELF_REPORTED if verification is None else "verified"
