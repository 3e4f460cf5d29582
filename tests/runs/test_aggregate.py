"""frame -> clip -> protocol: nobody vanishes from the denominator."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.records.frame_scores import NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, UNDEFINED, FrameScores
from evalkit.records.run_folder import Outcome
from evalkit.runs.aggregate import ClipScore, clip_columns, clip_score, summarise, summarise_set
from evalkit.scoring.score_sets import SetScore
from evalkit.statistics.estimate import Estimate
from evalkit.statistics.leave_out import LeftOut
from evalkit.types import Pair
from tests.fakes import make_clip, make_protocol

PAIR = Pair("a1--b1", make_clip("a1", "a"), (0,), make_clip("b1", "b"))
DONE = Outcome("a1--b1", "ok", frames=4)
FAILED = Outcome("a1--b1", "failed", reason="it broke")
CSIM = METRICS["csim[dlib]"]


def scored(values, statuses=None):
    statuses = statuses or tuple(NO_FACE_GENERATED if np.isnan(value) else OK for value in values)
    return FrameScores("a1--b1", CSIM.key, np.array(values, float), statuses)


def clip(name, mean, n, frames, identity=None, **changes):
    fields = {
        "pair": name,
        "source_identity": identity or name,
        "driving_identity": identity or name,
        "metric": CSIM.key,
        "mean": mean,
        "n": n,
        "frames": frames,
        "coverage": n / frames if frames else 0.0,
        "no_face_generated": frames - n,
        "no_face_reference": 0,
        "status": "ok" if n else "nothing_scored",
        "reason": None,
    }
    return ClipScore(**(fields | changes))


def summary(clips, **protocol):
    return summarise(CSIM, make_protocol(**protocol), clips, "sig")


def test_a_value_that_is_not_finite_is_no_value():
    score = clip_score(PAIR, CSIM.key, DONE, scored([0.5, 1.0, np.inf, np.nan], (OK, OK, OK, NO_FACE_GENERATED)))
    assert (score.mean, score.n) == (0.75, 2)


def test_a_clip_is_the_mean_of_its_scored_frames():
    statuses = (OK, OK, NO_FACE_GENERATED, NO_FACE_REFERENCE)
    score = clip_score(PAIR, CSIM.key, DONE, scored([0.5, 1.0, np.nan, np.nan], statuses))
    assert (score.mean, score.n, score.frames, score.coverage, score.status) == (0.75, 2, 4, 0.5, "ok")
    assert (score.no_face_generated, score.no_face_reference) == (1, 1)
    assert (score.source_identity, score.driving_identity, score.reason) == ("a", "b", None)


def test_frames_where_nothing_is_defined_are_not_missed():
    score = clip_score(PAIR, CSIM.key, DONE, scored([np.nan, 0.5, 1.0, np.nan], (UNDEFINED, OK, OK, NO_FACE_GENERATED)))
    assert (score.mean, score.n, score.coverage) == (0.75, 2, 2 / 3)
    nothing = clip_score(PAIR, CSIM.key, DONE, scored([np.nan] * 4, (UNDEFINED,) * 4))
    assert (nothing.mean, nothing.coverage, nothing.status) == (None, 1.0, "nothing_scored")


def test_a_clip_without_a_face_stays_listed():
    score = clip_score(PAIR, CSIM.key, DONE, scored([np.nan] * 4))
    assert (score.mean, score.n, score.coverage, score.status) == (None, 0, 0.0, "nothing_scored")
    assert score.no_face_generated == score.frames == 4


def test_a_failed_pair_stays_listed_with_its_reason():
    score = clip_score(PAIR, CSIM.key, FAILED, None)
    assert (score.mean, score.n, score.coverage, score.status, score.reason) == (None, 0, 0.0, "failed", "it broke")


def test_clips_count_alike_whatever_their_length():
    result = summary([clip("a", 1.0, 10, 10), clip("b", 0.0, 90, 90)])
    assert (result.value, result.n, result.frames, result.coverage) == (0.5, 2, 100, 1.0)
    assert (result.status, result.signature) == ("ok", "sig")


def test_frames_count_alike_where_the_protocol_says_so():
    # (10 * 1 + 90 * 0) / 100
    result = summary([clip("a", 1.0, 10, 10), clip("b", 0.0, 90, 90)], averaging="frame")
    assert result.value == pytest.approx(0.1) and result.n == 2


def test_clips_with_nothing_scored_lower_coverage_not_the_value():
    result = summary([clip("a", 0.8, 5, 10), clip("b", None, 0, 30)])
    assert result.value == 0.8 and result.n == 1 and result.no_face_generated == 35
    assert result.coverage == 0.25  # (5/10 + 0/30) / 2
    assert summary([clip("a", 0.8, 5, 10), clip("b", None, 0, 30)], averaging="frame").coverage == 5 / 40


def test_a_failed_pair_of_unknown_length_lowers_coverage():
    failed = clip("b", None, 0, 0, status="failed", reason="it broke")
    assert summary([clip("a", 0.8, 10, 10), failed]).coverage == 0.5


def test_a_failed_pair_of_unknown_length_lowers_coverage_over_frames():
    failed = clip("b", None, 0, 0, status="failed", reason="it broke")
    assert summary([clip("a", 0.8, 10, 10), failed], averaging="frame").coverage == 0.5


@pytest.mark.parametrize(("n", "status"), [(9, "ok"), (8, "low_coverage"), (0, "nothing_scored")])
def test_the_floor_of_the_protocol(n, status):
    clips = [clip("a", 0.5 if n else None, n, 10), clip("b", 0.5 if n else None, n, 10)]
    assert summary(clips).status == status
    assert summary(clips, coverage_floor=0.0).status == ("ok" if n else "nothing_scored")


def test_nothing_scored_is_null():
    result = summary([clip("a", None, 0, 10)])
    assert (result.value, result.ci_low, result.ci_high, result.n) == (None, None, None, 0)
    assert summary([]).coverage == 0.0 and summary([]).status == "nothing_scored"


def test_the_interval_holds_the_value_and_knows_the_people():
    clips = [clip(f"c{i}", 0.1 * (i // 3), 5, 5, identity=f"p{i // 3}") for i in range(12)]
    result = summary(clips)
    assert result.ci_low < result.value < result.ci_high and "by-identity" in result.ci
    alone = summary([clip(f"c{i}", 0.1 * i, 5, 5, identity="p") for i in range(12)])
    assert alone.value == pytest.approx(0.55) and alone.ci_low is alone.ci_high is None


def test_columns_keep_every_field_in_order():
    columns = clip_columns([clip("a", 1.0, 2, 2), clip("b", None, 0, 2)])
    assert list(columns) == list(ClipScore.__dataclass_fields__)
    assert columns["pair"] == ["a", "b"] and columns["mean"] == [1.0, None]
    assert all(values == [] for values in clip_columns([]).values())


def of_people(count, **clip_fields):
    """Two clips of each of `count` people."""
    return [clip(f"c{i}", 0.2 + 0.1 * (i % 5), 5, 5, identity=f"p{i // 2}", **clip_fields) for i in range(2 * count)]


@pytest.mark.parametrize(("people", "word"), [(1, "1 person"), (2, "2 people"), (3, ""), (6, "")])
def test_few_people_get_a_word_and_more_an_interval(people, word):
    result = summary(of_people(people))
    assert (result.ci_word, result.people, result.ci_low is None) == (word, people, bool(word))


def test_a_person_in_every_pair_is_named():
    clips = [clip(f"c{i}", 0.1 * i, 5, 5, source_identity="anna", driving_identity=f"p{i}") for i in range(6)]
    assert (summary(clips).ci_word, summary(clips).people) == ("every pair has anna", 7)


def test_a_distance_has_its_interval_on_the_log_and_a_similarity_has_not():
    clips = of_people(4)
    distance = summarise(METRICS["l1"], make_protocol(), clips, "sig")
    similarity = summary(clips)
    assert distance.ci_low * distance.ci_high == pytest.approx(distance.value**2)
    assert similarity.ci_low + similarity.ci_high == pytest.approx(2 * similarity.value)


def test_very_skewed_clips_are_marked():
    clips = [clip(f"c{i}", 2.0 ** (i % 12), 5, 5, identity=f"p{i}") for i in range(24)]
    assert summary(clips).skewed and not summary(of_people(12)).skewed


def test_a_set_metric_says_its_interval_and_its_bias():
    found = LeftOut(Estimate(10.0, 1.0, 5.0, 6), 2.5)
    score = SetScore(10.0, 60, 60, ("N=60 generated, 60 reference",), found)
    entry = summarise_set(METRICS["fid"], make_protocol(), score, 6, 6, "sig")
    assert entry.ci_low < 10 < entry.ci_high and entry.ci_low * entry.ci_high == pytest.approx(100)
    assert entry.people == 6 and entry.notes[1].startswith("of 6 people: about +2.5 of the value is bias")
    below = replace(score, value=-0.1, left_out=LeftOut(Estimate(-0.1, 1.0, 5.0, 6), 0.0))
    kid = summarise_set(METRICS["kid"], make_protocol(), below, 6, 6, "sig")
    assert kid.ci_low + kid.ci_high == pytest.approx(-0.2)
    few = SetScore(10.0, 4, 4, (), LeftOut(Estimate(10.0, None, None, 2, "2 people"), None))
    alone = summarise_set(METRICS["fid"], make_protocol(), few, 2, 2, "sig")
    assert (alone.ci_low, alone.ci_word, alone.notes) == (None, "2 people", ())


def test_an_interval_ends_where_the_scale_of_the_metric_does():
    clips = [clip(name, mean, 10, 10) for name, mean in (("a", 1.0), ("b", 0.99), ("c", 0.9))]
    result = summary(clips)
    assert CSIM.high == 1.0 and result.ci_high == 1.0 and result.ci_low < 0.9
