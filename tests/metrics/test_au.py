"""Single facial actions by the name of their blendshape."""

import re

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.au import ACTIONS
from evalkit.metrics.blendshapes import NAMES


def rows(**scores):
    found = np.zeros((1, 52))
    for name, score in scores.items():
        found[0, NAMES.index(name)] = score
    return found


def test_an_action_is_the_mean_of_its_two_sides_and_sees_nothing_else():
    smile = METRICS["au[12]"].function
    assert smile(rows(mouthSmileLeft=0.8, mouthSmileRight=0.4, jawOpen=1), rows()) == pytest.approx(0.6)
    assert METRICS["au[26]"].function(rows(jawOpen=0.3), rows(jawOpen=0.1)) == pytest.approx(0.2)


@pytest.mark.parametrize("number", [number for number, _, _ in ACTIONS])
def test_every_action_has_a_blendshape(number):
    every = np.linspace(0, 1, 52)[None]
    assert METRICS[f"au[{number}]"].function(every, 0 * every)[0] > 0


def test_the_names_are_those_of_the_landmarker_in_its_order():
    landmarker = pytest.importorskip("mediapipe.tasks.python.vision.face_landmarker")
    theirs = {blendshape.value: blendshape.name for blendshape in landmarker.Blendshapes}
    ours = [re.sub(r"(?<!^)([A-Z])", r"_\1", name.lstrip("_")).upper() for name in NAMES]
    assert ours == [theirs[place] for place in range(52)]
