"""Answers in SQLite: many writers at once, nothing lost when the process is killed, nothing ever overwritten.

Write-ahead logging with full synchronisation: an answer that was acknowledged is on the disk. Refusals are kept with
what was refused, but of so many that strangers could fill the disk only their number.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from evalkit.base.validation import explain_invalid
from evalkit.errors import StudyError
from evalkit.study.answers import Answer, Refusal, Sheet, contradiction

MOST_REFUSED = 2000
"""Refusals that are kept one by one."""
_WAIT_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    rater INTEGER NOT NULL, trial TEXT NOT NULL, choice TEXT NOT NULL, seconds REAL,
    received TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (rater, trial)
);
CREATE TABLE IF NOT EXISTS refused (
    reason TEXT NOT NULL, trial TEXT NOT NULL, content TEXT NOT NULL, received TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS more_refused (reason TEXT NOT NULL PRIMARY KEY, count INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Kept:
    """The outcome of a sheet: answers that were new, that were there already, and everything refused."""

    stored: int
    repeated: int
    refusals: tuple[Refusal, ...]


def keep(path: Path, sheet: Sheet) -> Kept:
    """Store a sheet whole or not at all; an earlier answer to the same trial stays. Raises `StudyError`."""
    stored, contradicting = 0, []
    with _open(path) as database:
        database.execute("BEGIN IMMEDIATE")
        for answer in sheet.answers:
            row = (answer.rater, answer.trial, answer.choice, answer.seconds)
            insert = "INSERT OR IGNORE INTO answers (rater, trial, choice, seconds) VALUES (?, ?, ?, ?)"
            if database.execute(insert, row).rowcount:
                stored += 1
                continue
            ask = "SELECT choice FROM answers WHERE rater = ? AND trial = ?"
            if database.execute(ask, row[:2]).fetchone()[0] != answer.choice:
                contradicting.append(contradiction(answer))
        refusals = (*sheet.refusals, *contradicting)
        _keep_refusals(database, refusals)
        database.execute("COMMIT")
    return Kept(stored, len(sheet.answers) - stored - len(contradicting), refusals)


def stored_answers(path: Path, rater: int | None = None) -> list[Answer]:
    """All answers, or those of one rater, in the order they came. Raises `StudyError`."""
    ask = "SELECT rater, trial, choice, seconds FROM answers WHERE :rater IS NULL OR rater = :rater ORDER BY rowid"
    with _open(path) as database:
        rows = database.execute(ask, {"rater": rater}).fetchall()
    try:
        return [Answer(*row) for row in rows]
    except ValidationError as error:
        raise StudyError(f"{explain_invalid(path, error, Answer)}. Restore it from a backup.") from error


def stored_refusals(path: Path) -> Counter[str]:
    """Reason -> how often something was refused for it. Raises `StudyError`."""
    with _open(path) as database:
        found = Counter(reason for (reason,) in database.execute("SELECT reason FROM refused ORDER BY rowid"))
        found.update(dict(database.execute("SELECT reason, count FROM more_refused")))
    return found


def _keep_refusals(database: sqlite3.Connection, refusals: Sequence[Refusal]) -> None:
    (kept,) = database.execute("SELECT COUNT(*) FROM refused").fetchone()
    room = max(0, MOST_REFUSED - kept)
    database.executemany(
        "INSERT INTO refused (reason, trial, content) VALUES (?, ?, ?)",
        [(refusal.reason, refusal.trial, refusal.content) for refusal in refusals[:room]],
    )
    database.executemany(
        "INSERT INTO more_refused VALUES (?, ?) ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count",
        list(Counter(refusal.reason for refusal in refusals[room:]).items()),
    )


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_TABLES)
            yield database
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes names of a damaged file as they are
        raise StudyError(f"{path}: the answers cannot be read or written ({error}).") from error
