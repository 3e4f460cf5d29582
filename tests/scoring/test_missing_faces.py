"""What becomes of frames without a face under each policy."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.records.frame_scores import CARRIED, NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, UNDEFINED, WORST_CASE
from evalkit.scoring.missing_faces import has_worst, score_frames
from evalkit.types import WHOLE_CLIP

AKD, CSIM, APD = METRICS["akd[dlib68]"], METRICS["csim[dlib]"], METRICS["apd[landmark]"]


def points(*shifts):
    """(T, 1, 2): one landmark, moved right by each shift; None is a missing face."""
    return np.array([[[np.nan, np.nan]] if shift is None else [[float(shift), 0.0]] for shift in shifts])


def test_missing_frames_have_no_value_and_the_reference_is_blamed_first():
    values, statuses = score_frames(AKD, "exclude_and_report", points(1, None, 3, None), points(0, 0, None, None))
    assert values[0] == 1 and np.isnan(values[1:]).all()
    assert statuses == (OK, NO_FACE_GENERATED, NO_FACE_REFERENCE, NO_FACE_REFERENCE)


def test_carried_features_meet_the_present_reference():
    # Frame 1 is carried from frame 0: landmark 1 against driving 5 gives 4. Nothing comes before frame 0 of the driver.
    values, statuses = score_frames(AKD, "carry_previous", points(1, None, 3), points(None, 5, None))
    assert np.isnan(values[0]) and values[1] == 4 and values[2] == 2
    assert statuses == (NO_FACE_REFERENCE, CARRIED, CARRIED)


def test_the_worst_case_is_the_bound_of_the_metric():
    angles = np.array([[0.1, 0.0, 0.0], [np.nan] * 3])
    values, statuses = score_frames(APD, "worst_case", angles, np.zeros((2, 3)))
    assert values[0] == pytest.approx(0.1 / 3) and values[1] == np.pi
    assert statuses == (OK, WORST_CASE)
    embeddings = np.array([[1.0, 0.0], [np.nan, np.nan]])
    values, _ = score_frames(CSIM, "worst_case", embeddings, np.array([[1.0, 0.0]]))
    assert values.tolist() == [1, -1]


def test_a_source_without_a_face_is_nobodys_worst_case():
    values, statuses = score_frames(CSIM, "worst_case", np.array([[1.0, 0.0]]), np.array([[np.nan, np.nan]]))
    assert np.isnan(values[0]) and statuses == (NO_FACE_REFERENCE,)


def test_pixel_distances_have_no_worst_value():
    assert has_worst(APD) and has_worst(CSIM) and has_worst(METRICS["l1"]) and not has_worst(AKD)


def windowed(window, function):
    return replace(AKD, window=window, function=function)


def test_frames_too_early_for_a_window_are_undefined_and_a_missing_face_costs_all_that_look_at_it():
    metric = windowed(2, lambda generated, driving: np.arange(len(generated), dtype=float))
    values, statuses = score_frames(
        metric, "exclude_and_report", points(1, 1, None, 1, 1, 1), points(*[0] * 4, None, 0)
    )
    assert np.array_equal(values, [np.nan, 1, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    assert statuses == (UNDEFINED, OK, NO_FACE_GENERATED, NO_FACE_GENERATED, NO_FACE_REFERENCE, NO_FACE_REFERENCE)


def test_a_value_of_a_whole_clip_is_not_given_to_frames_without_a_face():
    metric = windowed(WHOLE_CLIP, lambda generated, driving: np.full(len(generated), 7.0))
    values, statuses = score_frames(metric, "exclude_and_report", points(1, None, 1), points(0, 0, 0))
    assert np.array_equal(values, [7, np.nan, 7], equal_nan=True) and statuses == (OK, NO_FACE_GENERATED, OK)
    values, statuses = score_frames(metric, "carry_previous", points(1, None, 1), points(0, 0, 0))
    assert values.tolist() == [7, 7, 7] and statuses == (OK, CARRIED, OK)


def test_what_is_missing_although_there_are_faces_is_undefined():
    metric = windowed(WHOLE_CLIP, lambda generated, driving: np.array([1.0, np.nan]))
    assert score_frames(metric, "exclude_and_report", points(1, 1), points(0, 0))[1] == (OK, UNDEFINED)
