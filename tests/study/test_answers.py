"""Whatever arrives is judged, counted and kept; nothing raises."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.study import answers as verdicts
from evalkit.study.answers import Answer, read_sheet
from tests.study.conftest import prefer, sheet, trials_of


def test_a_whole_sheet_is_taken(key, tokens):
    found = read_sheet(key, tokens, sheet(key, tokens[1], prefer(key, 1, "Good")))
    assert found.rater == 1 and not found.refusals
    assert [answer.trial for answer in found.answers] == trials_of(key, 1)
    assert found.answers[0].seconds == 2.5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", verdicts.MALFORMED),
        (b"{", verdicts.MALFORMED),
        (b"\xff\xfe", verdicts.MALFORMED),
        (b"[]", verdicts.MALFORMED),
        (b"[" * 10_000, verdicts.MALFORMED),
        (b"[" * 100_000, verdicts.TOO_LARGE),
        (b'{"schema_version": 1}', verdicts.MALFORMED),
    ],
)
def test_what_is_no_sheet(key, tokens, content, reason):
    found = read_sheet(key, tokens, content)
    assert found.rater is None and [refusal.reason for refusal in found.refusals] == [reason]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema_version": 99}, verdicts.NEWER),
        ({"study": "study-of-somebody-else"}, verdicts.OTHER_STUDY),
        ({"token": "1-0000000000000000"}, verdicts.FORGED),
        ({"token": ""}, verdicts.FORGED),
        ({"token": 7}, verdicts.MALFORMED),
        ({"answers": {}}, verdicts.MALFORMED),
        ({"more": 1}, verdicts.MALFORMED),
    ],
)
def test_sheets_that_do_not_belong(key, tokens, changes, reason):
    content = sheet(key, tokens[0], prefer(key, 0, "Good"), **changes)
    found = read_sheet(key, tokens, content)
    assert found.rater is None and not found.answers
    assert found.refusals[0].reason == reason and found.refusals[0].content == content.decode()


def test_a_token_with_the_wrong_number_is_forged(key, tokens):
    stolen = "1-" + tokens[1].partition("-")[2]
    assert read_sheet(key, tokens, sheet(key, stolen, [])).refusals[0].reason == verdicts.FORGED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trial": "t0000"}, verdicts.UNKNOWN),
        ({"choice": "both"}, verdicts.MALFORMED),
        ({"choice": None}, verdicts.MALFORMED),
        ({"seconds": -1}, verdicts.MALFORMED),
        ({"seconds": float("nan")}, verdicts.MALFORMED),
        ({"seconds": 10**400}, verdicts.MALFORMED),
        ({"trial": 3}, verdicts.MALFORMED),
        ({"trial": "\ud800"}, verdicts.UNKNOWN),
        ({"extra": 3}, verdicts.MALFORMED),
    ],
)
def test_one_bad_answer_costs_only_itself(key, tokens, changes, reason):
    good, bad = prefer(key, 0, "Good")[:2]
    found = read_sheet(key, tokens, sheet(key, tokens[0], [good, bad | changes]))
    assert [answer.trial for answer in found.answers] == [good["trial"]]
    assert [refusal.reason for refusal in found.refusals] == [reason]


def test_another_raters_trial_is_refused(key, tokens):
    found = read_sheet(key, tokens, sheet(key, tokens[0], prefer(key, 1, "Good")[:1]))
    assert not found.answers and found.refusals[0].reason == verdicts.NOT_THEIRS


def test_seconds_may_be_left_out(key, tokens):
    trial = trials_of(key, 0)[0]
    found = read_sheet(key, tokens, sheet(key, tokens[0], [{"trial": trial, "choice": "left"}]))
    assert found.answers == (Answer(0, trial, "left", None),)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(VALUES, max_size=3), noise=st.binary(max_size=40))
def test_nothing_raises(key, tokens, answers, noise):
    assert read_sheet(key, tokens, noise).rater is None
    content = json.dumps({"schema_version": 1, "study": key.id, "token": tokens[0], "answers": answers}).encode()
    found = read_sheet(key, tokens, content)
    assert len(found.answers) + len(found.refusals) == len(answers)


def test_more_answers_than_trials_are_no_sheet(key, tokens):
    answers = prefer(key, 0, "Good")
    assert read_sheet(key, tokens, sheet(key, tokens[0], answers)).rater == 0
    found = read_sheet(key, tokens, sheet(key, tokens[0], [*answers, answers[0]]))
    assert found.rater is None and found.refusals[0].reason == verdicts.TOO_LARGE


def test_little_is_kept_of_what_is_too_large(key, tokens):
    (refusal,) = read_sheet(key, tokens, b"\xff" * (4 << 20)).refusals
    assert refusal.reason == verdicts.TOO_LARGE and len(refusal.content) < 9000
