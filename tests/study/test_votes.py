"""Merging answers, and who is left out."""

import pytest

from evalkit.errors import StudyError
from evalkit.study.answers import CONTRADICTS, FORGED, UNKNOWN, Answer, Sheet, read_sheet
from evalkit.study.store import keep
from evalkit.study.votes import NO_CHECK, count_votes, gather, left_out
from tests.study.conftest import prefer, sheet


def answers(key, tokens, rater, given):
    return read_sheet(key, tokens, sheet(key, tokens[rater], given)).answers


def write(path, content):
    path.write_bytes(content)
    return path


def test_server_and_files_together(study, key, tokens, tmp_path):
    mine = prefer(key, 0, "Good")
    keep(study.answers, read_sheet(key, tokens, sheet(key, tokens[0], mine[:4])))
    keep(study.answers, read_sheet(key, tokens, sheet(key, "9-forged", mine)))
    turned = mine[0] | {"choice": "left" if mine[0]["choice"] == "right" else "right"}
    files = [
        write(tmp_path / "a.json", sheet(key, tokens[0], [turned, *mine[1:6]])),
        write(tmp_path / "b.json", sheet(key, tokens[1], prefer(key, 1, "Good"))),
        write(tmp_path / "c.json", b"not json"),
    ]
    found = gather(study, key, tokens, files)
    assert len(found.answers) == 6 + len(prefer(key, 1, "Good")) and found.repeated == 3
    assert found.refused == {FORGED: 1, CONTRADICTS: 1, "malformed": 1}
    first = next(answer for answer in found.answers if answer.trial == mine[0]["trial"])
    assert first.choice == mine[0]["choice"]


def test_a_file_that_is_not_there_is_explained(study, key, tokens, tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        gather(study, key, tokens, [tmp_path / "nothing.json"])


def test_a_database_of_another_study_is_refused_answer_by_answer(study, key, tokens):
    keep(study.answers, Sheet(0, (Answer(0, "t-of-another-study", "left"),), ()))
    found = gather(study, key, tokens, [])
    assert found.answers == () and found.refused == {UNKNOWN: 1}


def test_raters_who_miss_checks_are_left_out(key, tokens):
    good, bad = (answers(key, tokens, rater, prefer(key, rater, "Good", rater == 0)) for rater in (0, 1))
    assert left_out(key, [*good, *bad]) == {1: "missed 3 of 3 attention checks"}
    forgiving = key.model_copy(update={"max_missed": 3})
    assert left_out(forgiving, [*good, *bad]) == {}


def test_a_rater_without_a_check_is_left_out(key, tokens):
    early = [a for a in answers(key, tokens, 2, prefer(key, 2, "Good")) if not key.trials[a.trial].check][:2]
    assert left_out(key, early) == {2: NO_CHECK}


def test_votes_say_what_was_preferred(key, tokens):
    votes = count_votes(key, answers(key, tokens, 0, prefer(key, 0, "Good")))
    assert {vote.preferred for vote in votes} == {"Good"} and len(votes) == 12
    assert {vote.protocol for vote in votes} == {"small"}
    assert sum(vote.left for vote in votes) == 6
    assert count_votes(key, answers(key, tokens, 0, prefer(key, 0, "Good")), without=[0]) == []


def test_checks_are_no_votes(key, tokens):
    given = answers(key, tokens, 0, prefer(key, 0, "Good"))
    assert len(given) == 15 and len(count_votes(key, given)) == 12
