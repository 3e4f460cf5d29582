"""Sheets of answers, from the page by mail or over the network: what is taken and what is refused.

A sheet is `{"schema_version": 1, "study": ..., "token": ..., "answers": [{"trial", "choice", "seconds"}, ...]}`. A
forged token, another study or malformed JSON refuses a whole sheet; an answer that does not belong refuses itself.
Refusals are kept with what was refused, so that nothing is lost and everything is counted.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import STRICT
from evalkit.study.folder import Study, find_rater

Choice: TypeAlias = Literal["left", "right"]
MALFORMED = "malformed"
NEWER = "written by a newer evalkit"
OTHER_STUDY = "of another study"
FORGED = "forged token"
UNKNOWN = "unknown trial"
NOT_THEIRS = "another rater's trial"
CONTRADICTS = "contradicts an earlier answer"
TOO_LARGE = "larger than any sheet"
_SHEET_BYTES, _ANSWER_BYTES = 4096, 1024
"""More than a sheet takes without its answers, and than an answer takes."""
_SHOWN = 8192
"""Characters that are kept of what was refused: a whole sheet of 80 answers."""


@checked_dataclass(frozen=True, config=STRICT)
class Answer:
    """What a rater (from 0) chose in a trial; `seconds` is how long it took, None when it was not said."""

    rater: Annotated[int, Field(ge=0)]
    trial: str
    choice: Choice
    seconds: Annotated[float, Field(ge=0)] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why something was refused, the trial of this rater it is about if there is one, and what it was."""

    reason: str
    trial: str
    content: str


@dataclass(frozen=True)
class Sheet:
    """What a sheet holds. `rater` is None when the sheet as a whole was refused, with the one reason."""

    rater: int | None
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...]


class _Sheet(BaseModel):
    model_config = STRICT

    schema_version: int
    study: str
    token: str
    answers: list[Any]


class _Answer(BaseModel):
    model_config = STRICT

    trial: str
    choice: Choice
    seconds: Annotated[float, Field(ge=0)] | None = None


def read_sheet(study: Study, tokens: Sequence[str], content: bytes) -> Sheet:
    """Judge a sheet and each of its answers; never raises, whatever the bytes are."""
    if len(content) > largest_sheet(study):
        return _refused(TOO_LARGE, content)
    try:
        sheet = _Sheet.model_validate(json.loads(content))
    except (ValidationError, ValueError, RecursionError):
        return _refused(MALFORMED, content)
    if sheet.schema_version > SCHEMA_VERSION:
        return _refused(NEWER, content)
    if sheet.study != study.id:
        return _refused(OTHER_STUDY, content)
    rater = find_rater(tokens, sheet.token)
    if rater is None:
        return _refused(FORGED, content)
    if len(sheet.answers) > trials_of_each(study)[rater]:
        return _refused(TOO_LARGE, content)
    judged = [_judge(study, rater, answer) for answer in sheet.answers]
    answers = tuple(found for found in judged if isinstance(found, Answer))
    return Sheet(rater, answers, tuple(found for found in judged if isinstance(found, Refusal)))


def largest_sheet(study: Study) -> int:
    """Bytes that no sheet of a rater of this study exceeds: each has an answer to each trial at most."""
    return _SHEET_BYTES + _ANSWER_BYTES * max(trials_of_each(study).values(), default=0)


def trials_of_each(study: Study) -> Counter[int]:
    """Rater -> number of trials."""
    return Counter(asked.rater for asked in study.trials.values())


def contradiction(answer: Answer) -> Refusal:
    """The refusal of an answer to a trial that this rater already answered otherwise."""
    return Refusal(CONTRADICTS, answer.trial, json.dumps({"trial": answer.trial, "choice": answer.choice}))


def _judge(study: Study, rater: int, raw: object) -> Answer | Refusal:
    text = _cut(json.dumps(raw))
    try:
        answer = _Answer.model_validate(raw)
    except ValidationError:
        return Refusal(MALFORMED, "", text)
    asked = study.trials.get(answer.trial)
    if asked is None:
        return Refusal(UNKNOWN, "", text)
    if asked.rater != rater:
        return Refusal(NOT_THEIRS, "", text)
    return Answer(rater, answer.trial, answer.choice, answer.seconds)


def _refused(reason: str, content: bytes) -> Sheet:
    return Sheet(None, (), (Refusal(reason, "", _cut(content[: _SHOWN + 1].decode(errors="replace"))),))


def _cut(text: str) -> str:
    """The beginning of what was refused: strangers do not fill the disk."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
