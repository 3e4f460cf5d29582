"""What all metrics share: names and signatures, and the rows and frames they take."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.errors import UnknownNameError
from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.base import PerFrame, PerSet, check_frames, check_rows, found

FRAMES = np.zeros((2, 4, 5, 3), np.uint8)


def test_a_signature_names_all_that_moves_the_value():
    metric = replace(METRICS["csim[dlib]"], settings="s", version=2)
    assert metric.key == "csim[dlib]" and metric.signature("net|w1", "clip") == "csim[dlib]|net|w1|s|vs source|clip|v2"
    plain = replace(METRICS["l1"], settings="s")
    assert plain.key == "l1" and plain.signature(None, "frame") == "l1|s|vs driving|frame|v1"


def test_an_unknown_metric_is_answered_with_the_nearest():
    assert find_metric("csim").key == next(key for key in METRICS if METRICS[key].id == "csim")
    with pytest.raises(UnknownNameError, match=r"no metric called 'csin'\. Did you mean 'csim'"):
        find_metric("csin")


def test_levels():
    frame, whole = replace(METRICS["l1"], level=PerFrame(missing_is_value=True)), replace(METRICS["l1"], level=PerSet())
    assert (frame.by_frame, frame.missing_is_value) == (True, True)
    assert (whole.by_frame, whole.missing_is_value) == (False, False)
    assert not replace(METRICS["l1"], level=PerFrame()).missing_is_value


def test_a_row_holds_something_when_all_of_it_is_finite():
    rows = np.zeros((4, 3, 2))
    rows[1, 2, 1], rows[2], rows[3, 0, 0] = np.nan, np.nan, np.inf
    assert found(rows).tolist() == [True, False, False, False] and found(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    "wrong", [FRAMES.astype(np.int16), FRAMES[0], FRAMES[..., :2], np.zeros((2, 4, 5, 4), np.uint8), FRAMES[..., None]]
)
def test_what_are_no_frames(wrong):
    with pytest.raises(ValueError, match="expected generated frames"):
        check_frames(wrong, FRAMES)
    with pytest.raises(ValueError, match="expected reference frames"):
        check_frames(FRAMES, wrong)


def test_frames_and_rows_of_two_shapes():
    check_frames(FRAMES, FRAMES.copy())
    check_rows(np.zeros((3, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="expected frames of one shape"):
        check_frames(FRAMES, FRAMES[:1])
    for one, other in ((np.zeros((3, 2)), np.zeros((2, 2))), (np.zeros(3), np.zeros(3))):
        with pytest.raises(ValueError, match="expected rows of one shape"):
            check_rows(one, other)


@pytest.mark.parametrize(
    "key", [key for key, metric in METRICS.items() if metric.by_frame and metric.reference == "driving"]
)
def test_a_refusal_says_which_side_has_which_shape(key):
    if METRICS[key].input is None:
        sides, shape = (np.zeros((3, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8)), r"\(3, 8, 8, 3\)"
    else:
        sides, shape = (np.zeros((3, 4, 4)), np.zeros((2, 4, 4))), r"\(3, 4, 4\)"
    with pytest.raises(ValueError, match=f"generated {shape}.*reference"):
        METRICS[key].function(*sides)
