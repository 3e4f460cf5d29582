"""Answers of a calibration as CSV, to draw them again."""

import csv
from collections.abc import Iterable
from pathlib import Path

from evalkit.base.csvfile import Row, read_rows
from evalkit.base.files import atomic_path
from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.errors import RunError

_COLUMNS = ("metric", "degradation", "step", "value", "coverage")


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write a CSV, atomically; a missing value is an empty cell."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(
            [a.metric, a.degradation, a.step, "" if a.value is None else a.value, a.coverage] for a in answers
        )


def read_answers(path: Path) -> list[Answer]:
    """Read what `write_answers` wrote. Raises `RunError` for anything else, and when steps of a damage are missing."""
    rows = read_rows(path, _COLUMNS, RunError)
    answers = [_answer(row) for row in rows]
    for metric in dict.fromkeys(answer.metric for answer in answers):
        for degradation in DEGRADATIONS:
            steps = tuple(a.step for a in answers if (a.metric, a.degradation) == (metric, degradation.id))
            if steps != degradation.steps:
                raise RunError(
                    f"{path}: {metric} under {degradation.id} has the steps {steps}, expected {degradation.steps}. "
                    "Calibrate again with this evalkit."
                )
    if not answers:
        raise RunError(f"{path}: holds no answers.")
    return answers


def _answer(row: Row) -> Answer:
    return Answer(
        row.text("metric"),
        row.one_of("degradation", [degradation.id for degradation in DEGRADATIONS]),
        _number(row, "step"),
        _number(row, "value") if row.cells["value"] else None,
        _number(row, "coverage"),
    )


def _number(row: Row, column: str) -> float:
    try:
        return float(row.text(column))
    except ValueError:
        raise row.wrong(column, "a number") from None
