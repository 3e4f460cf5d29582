"""Gaze: angles of known directions, and eyes that are closed."""

import numpy as np
import pytest

from evalkit.extractors.iris_gaze import DEPTH, EYES, FISSURE, IRIS_RADIUS, directions
from evalkit.extractors.landmark_pose import angles
from evalkit.metrics.gaze import direction, gaze_angles, gaze_blendshapes, gaze_iris


def looking(right=0.0, down=0.0, closed=0.1):
    """(1, 4) a gaze, in degrees to the right of the picture and down."""
    right, down = np.deg2rad(right), np.deg2rad(down)
    return np.array([[np.sin(right) * np.cos(down), np.sin(down), -np.cos(right) * np.cos(down), closed]])


def scores(**named):
    """(1, 52) blendshapes."""
    places = {"out_left": 15, "in_right": 14, "down_left": 11, "down_right": 12, "up_left": 17, "up_right": 18}
    rows = np.zeros((1, 52))
    for name, score in named.items():
        rows[0, places[name]] = score
    return rows


def rendered(rotation, gaze):
    """(1, 478, 2) points of eyes in a head turned by `rotation` (3, 3), looking along `gaze` (3,) in its axes."""
    points = np.zeros((1, 478, 2))
    for side, (iris, one, other) in zip((-1, 1), EYES, strict=True):
        middle = np.array([side * 32.0, 0, 0])
        half = np.array([FISSURE / 2, 0, 0])
        shown = {one: middle - half, other: middle + half}
        shown[iris] = middle + np.array([0, 0, DEPTH]) + IRIS_RADIUS * gaze
        for place, position in shown.items():
            points[0, place] = 100 + 2.5 * (rotation @ position)[:2]
    return points


def turn(yaw):
    cosine, sine = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
    return np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])


@pytest.mark.parametrize("yaw", [-30, 0, 20])
def test_the_iris_gives_back_the_direction_whatever_the_head_does(yaw):
    gaze = looking(right=15, down=-8)[0, :3]
    assert np.rad2deg(angles(turn(yaw)[None])[0, 0]) == pytest.approx(-yaw)
    assert directions(rendered(turn(yaw), gaze), turn(yaw)[None])[0] == pytest.approx(gaze, abs=1e-9)


def test_the_value_is_the_angle_between_the_directions():
    assert gaze_iris(looking(right=10), looking()) == pytest.approx(10)
    assert gaze_iris(looking(down=-4), looking(down=3)) == pytest.approx(7)
    assert gaze_iris(looking(right=5), looking(right=5)) == pytest.approx(0)


def test_a_full_score_sideways_is_forty_degrees_and_down_twenty_five():
    ahead = scores()
    assert gaze_blendshapes(scores(out_left=1, in_right=1), ahead) == pytest.approx(40)
    assert gaze_blendshapes(scores(down_left=1, down_right=1), ahead) == pytest.approx(25)
    assert direction(scores(out_left=1, in_right=1))[0, 0] > 0  # her left is the right of the picture
    assert direction(scores(up_left=1, up_right=1))[0, 1] < 0


def test_two_angles_of_a_network_are_a_direction():
    angles = np.deg2rad([[10.0, 0.0], [0.0, -7.0], [30.0, 60.0]])
    assert gaze_angles(angles, 0 * angles)[:2] == pytest.approx([10, 7])
    assert gaze_angles(angles, np.deg2rad([[-150.0, 60.0]] * 3))[2] == pytest.approx(60)  # over the pole


def test_closed_eyes_look_nowhere():
    driving = np.repeat(looking(), 10, axis=0)
    driving[4, 3] = 0.9
    generated = np.repeat(looking(right=10), 10, axis=0)
    generated[7, 3] = 0.9
    assert np.flatnonzero(np.isnan(gaze_iris(generated, driving))).tolist() == [4, 7]


def test_eyes_that_do_not_move_are_worse_than_eyes_that_nearly_follow():
    driving = np.concatenate([looking(right=angle) for angle in (-20, -10, 0, 10, 20)])
    nearly = np.concatenate([looking(right=0.8 * angle) for angle in (-20, -10, 0, 10, 20)])
    assert gaze_iris(np.repeat(looking(), 5, axis=0), driving).mean() > gaze_iris(nearly, driving).mean()
