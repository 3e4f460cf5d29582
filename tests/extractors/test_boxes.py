"""Boxes: which face is taken, and which boxes say the same face twice."""

import numpy as np

from evalkit.extractors.boxes import largest, suppress


def test_the_largest_box_is_taken_and_the_leftmost_on_a_tie():
    assert largest(np.array([[0, 0, 10, 10], [50, 0, 70, 20], [20, 0, 40, 20.0]])) == 2


def test_overlapping_boxes_leave_the_best_one():
    # The first two share 50 of 150: a third of the union, half of the smaller box.
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [100, 100, 110, 110.0]])
    scores = np.array([0.6, 0.9, 0.5])
    assert suppress(boxes, scores, 0.4).tolist() == [1, 0, 2]
    assert suppress(boxes, scores, 0.3).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.4, over="smaller").tolist() == [1, 2]


def test_a_border_pixel_counts():
    # With both ends inside, the boxes are 11 wide and share a column of 11: 11 / (121 + 121 - 11) = 0.0476.
    boxes = np.array([[0, 0, 10, 10], [10, 0, 20, 10.0]])
    assert len(suppress(boxes, np.array([0.9, 0.8]), 0.04)) == 2
    assert len(suppress(boxes, np.array([0.9, 0.8]), 0.04, border=1)) == 1


def test_equal_scores_keep_their_order_and_nothing_stays_nothing():
    boxes = np.array([[0, 0, 1, 1], [5, 5, 6, 6.0]])
    assert suppress(boxes, np.array([0.5, 0.5]), 0.5).tolist() == [0, 1]
    assert suppress(np.empty((0, 4)), np.empty(0), 0.5).tolist() == []
