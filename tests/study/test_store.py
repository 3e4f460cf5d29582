"""Answers stay: none lost, none overwritten, refusals counted."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalkit.errors import StudyError
from evalkit.study import store
from evalkit.study.answers import CONTRADICTS, FORGED, MALFORMED, Answer, Refusal, Sheet
from evalkit.study.store import keep, stored_answers, stored_refusals


def answers(*choices, rater=0):
    return Sheet(rater, tuple(Answer(rater, f"t{i}", choice, 1.0) for i, choice in enumerate(choices)), ())


def test_new_repeated_and_contradicting(tmp_path):
    path = tmp_path / "answers.sqlite"
    assert keep(path, answers("left", "right")).stored == 2
    kept = keep(path, answers("left", "left", "right"))
    assert (kept.stored, kept.repeated) == (1, 1) and [r.reason for r in kept.refusals] == [CONTRADICTS]
    assert [(a.trial, a.choice) for a in stored_answers(path)] == [("t0", "left"), ("t1", "right"), ("t2", "right")]
    assert stored_refusals(path) == {CONTRADICTS: 1}


def test_a_trial_twice_in_one_sheet(tmp_path):
    twice = Sheet(0, (Answer(0, "t", "left"), Answer(0, "t", "right"), Answer(0, "t", "left")), ())
    kept = keep(tmp_path / "a.sqlite", twice)
    assert (kept.stored, kept.repeated, len(kept.refusals)) == (1, 1, 1)


def test_refused_sheets_are_kept_too(tmp_path):
    keep(tmp_path / "a.sqlite", Sheet(None, (), (Refusal("malformed", "", "{'\x00"),)))
    assert stored_refusals(tmp_path / "a.sqlite") == {"malformed": 1}
    assert stored_answers(tmp_path / "a.sqlite") == []


def test_many_writers_at_once(tmp_path):
    path = tmp_path / "answers.sqlite"
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda rater: keep(path, answers("left", "right", rater=rater % 12)), range(24)))
    assert sum(one.stored for one in kept) == 24 and sum(one.repeated for one in kept) == 24
    assert len(stored_answers(path)) == 24
    assert [a.trial for a in stored_answers(path, 3)] == ["t0", "t1"]


def test_a_damaged_file_is_explained_and_left_alone(tmp_path):
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"this is no database, it is only text" * 40)
    before = path.read_bytes()
    with pytest.raises(StudyError, match=r"answers\.sqlite: the answers cannot be read or written"):
        stored_answers(path)
    assert path.read_bytes() == before


def test_a_damaged_name_in_the_file_is_explained(tmp_path):
    """SQLite quotes it in its own error, which Python then cannot decode."""
    path = tmp_path / "answers.sqlite"
    keep(path, answers("left"))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE refused", b"CREATE TABL\xb1 refused"))
    with pytest.raises(StudyError, match=r"answers\.sqlite: the answers cannot be read or written"):
        stored_answers(path)


def test_of_too_many_refusals_only_the_number_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST_REFUSED", 3)
    path, forged = tmp_path / "a.sqlite", Refusal(FORGED, "", "x")
    for _ in range(2):
        keep(path, Sheet(None, (), (forged, forged)))
    keep(path, Sheet(None, (), (forged, Refusal(MALFORMED, "", "y"))))
    assert stored_refusals(path) == {FORGED: 5, MALFORMED: 1}
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT COUNT(*) FROM refused").fetchone() == (3,)
