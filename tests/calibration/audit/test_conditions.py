"""Faults have the error that they say, from what is drawn alone."""

from itertools import pairwise

import numpy as np
import pytest

from evalkit.calibration.audit.conditions import FAULTS, Condition, conditions, taken
from evalkit.calibration.audit.truth import KINDS, errors, pixel_error
from evalkit.datasets.drawn import Motion, move, rotation_matrix

MOTION = move(1, 0, 32)
PLACES = np.arange(0, 32, 3)
GOAL = taken(MOTION, PLACES)
MOVES = {fault.id: fault for fault in FAULTS if fault.move}
DAMAGE = [fault for fault in FAULTS if fault.damage]


def error_of(name: str, step: float) -> dict[str, float]:
    fault = MOVES[name]
    assert fault.move
    return errors(Condition(fault, step), fault.move(MOTION, PLACES, step), GOAL)


def test_the_true_answer_has_no_error_of_any_kind():
    assert set(errors(Condition(), GOAL, GOAL).values()) == {0.0}
    assert {*errors(Condition(), GOAL, GOAL), "pixels"} == set(KINDS)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("less_pose", {"pose", "motion"}),
        ("less_expression", {"expression", "mouth"}),
        ("mouth_closed", {"expression", "mouth"}),
        ("gaze_ahead", {"gaze"}),
        ("no_blink", {"expression", "blink"}),
    ],
)
def test_a_fault_of_motion_is_wrong_in_its_kind_alone_and_more_so_with_every_step(name, wrong):
    found = [error_of(name, step) for step in MOVES[name].steps]
    assert {kind for kind, error in found[-1].items() if error > 1e-12} == wrong
    for kind in wrong:
        assert [one[kind] for one in found] == sorted({one[kind] for one in found})


@pytest.mark.parametrize("name", ["lag", "frozen"])
def test_late_and_frozen_clips_are_wrong_in_pose_and_expression(name):
    found = [error_of(name, step) for step in MOVES[name].steps]
    assert all(a[kind] < b[kind] for kind in ("pose", "expression") for a, b in pairwise(found))


def test_all_of_the_pose_lost_holds_the_head_still():
    fault = MOVES["less_pose"]
    assert fault.move
    still = fault.move(MOTION, PLACES, 1.0)
    assert np.ptp(still.pose, axis=0).max() == 0 and np.array_equal(still.expression, GOAL.expression)


def test_the_pose_error_is_the_angle_of_the_rotation_between_two_heads():
    turned = Motion(GOAL.pose + np.deg2rad((3.0, 0.0, 0.0)), GOAL.drift, GOAL.expression)
    between = [
        np.degrees(np.arccos((np.trace(rotation_matrix(*a).T @ rotation_matrix(*b)) - 1) / 2))
        for a, b in zip(turned.pose, GOAL.pose, strict=True)
    ]
    assert errors(Condition(), turned, GOAL)["pose"] == pytest.approx(np.mean(between), rel=1e-6)


@pytest.mark.parametrize("fault", DAMAGE, ids=lambda fault: fault.id)
def test_damage_of_pictures_grows_with_its_steps_and_leaves_the_motion(fault):
    generator = np.random.default_rng(0)
    smooth = np.linspace(40, 200, 32)[:, None, None] + generator.normal(0, 6, (4, 32, 32, 3))
    true, other = (np.clip(part, 0, 255).astype(np.uint8) for part in (smooth, smooth[::-1] * 0.8))
    assert fault.damage
    found = [pixel_error(fault.damage(true, other, step), true) for step in fault.steps]
    assert found == sorted(found) and 0 < found[0] < found[-1]
    known = errors(Condition(fault, fault.steps[-1]), GOAL, GOAL)
    assert {kind for kind, error in known.items() if error} <= {"identity", "flicker", "jitter"}
    assert (known["identity"] > 0) == (fault.id == "driver")


def test_names_are_unique_and_the_quick_audit_is_a_part():
    names = [condition.name for condition in conditions()]
    assert len(set(names)) == len(names) and names[0] == "truth"
    assert {condition.name for condition in conditions(quick=True)} < set(names)
