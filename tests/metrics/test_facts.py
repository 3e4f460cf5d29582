"""Rules for the facts of a metric: what is complained of, and that nothing else is."""

from dataclasses import replace

import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.base import PerFrame, PerSet
from evalkit.metrics.facts import complaints
from evalkit.types import WHOLE_CLIP

PIXELS, ROWS, DRIVEN = METRICS["l1"], METRICS["csim[dlib]"], METRICS["akd[dlib68]"]


@pytest.mark.parametrize(
    ("metric", "change", "word"),
    [
        (PIXELS, {"id": "L1"}, "the key 'L1' is not of the form"),
        (PIXELS, {"variant": "Big"}, "is not of the form"),
        (PIXELS, {"title": " L1"}, "title is ' L1'; expected a line of text"),
        (PIXELS, {"title": ""}, "title is ''"),
        (PIXELS, {"title": "L|1"}, "the title has a |"),
        (PIXELS, {"paper": "a\nb"}, "paper is"),
        (PIXELS, {"settings": 3}, "settings is 3"),
        (PIXELS, {"description": "no stop"}, "full stop"),
        (PIXELS, {"unit": None}, "unit is None; expected text"),
        (PIXELS, {"differences": 1}, "differences is 1; expected text"),
        (PIXELS, {"better": "more"}, "better is 'more'; expected 'higher' or 'lower'"),
        (ROWS, {"reference": "both"}, "reference is 'both'"),
        (PIXELS, {"tasks": frozenset()}, "tasks is frozenset()"),
        (PIXELS, {"tasks": frozenset({"other"})}, "tasks is"),
        (PIXELS, {"tasks": ("self_reenactment",)}, "tasks is"),
        (PIXELS, {"low": 1.0, "high": 1.0}, "expected numbers, the first one smaller"),
        (PIXELS, {"low": float("nan")}, "expected numbers"),
        (PIXELS, {"high": None}, "expected numbers"),
        (PIXELS, {"decimals": -1}, "decimals is -1; expected 0 to 6"),
        (PIXELS, {"decimals": 7}, "decimals is 7"),
        (PIXELS, {"decimals": 1.0}, "decimals is 1.0"),
        (PIXELS, {"version": 0}, "version is 0; expected a whole number from 1"),
        (PIXELS, {"function": "f"}, "function is 'f'"),
        (PIXELS, {"reference": "source"}, "compares with the driving frames"),
        (PIXELS, {"level": PerSet()}, "compares with the driving frames"),
        (ROWS, {"input": ("dlib128",)}, "input is"),
        (ROWS, {"input": ["dlib128", "embedding"]}, "input is"),
        (ROWS, {"input": ("dlib128", 3)}, "input is"),
        (ROWS, {"reference_feature": "sound"}, "beside the driving clip"),
        (PIXELS, {"reference_feature": "sound"}, "of the extractor of the input"),
        (PIXELS, {"id": 3}, "the key 3 is not of the form"),
        (PIXELS, {"id": "l1 "}, "the key 'l1 ' is not of the form"),
        (PIXELS, {"title": 3}, "title is 3; expected a line of text"),
        (PIXELS, {"title": "L1\n"}, "title is"),
        (PIXELS, {"description": 3}, "description is 3; expected a line of text"),
        (PIXELS, {"beside": None}, "beside is None; expected text"),
        (PIXELS, {"tasks": frozenset({"self_reenactment", "other"})}, "tasks is"),
        (PIXELS, {"low": 2.0}, "low and high are 2.0 and 1.0; expected numbers, the first one smaller"),
        (PIXELS, {"high": float("nan")}, "expected numbers"),
        (PIXELS, {"low": "0"}, "low and high are '0' and 1.0"),
        (PIXELS, {"version": True}, "version is True"),
        (PIXELS, {"version": 1.0}, "version is 1.0"),
        (PIXELS, {"window": WHOLE_CLIP}, "window is 0; expected a number of frames from 1"),
        (PIXELS, {"window": 1.0}, "window is 1.0; expected"),
        (DRIVEN, {"window": -1}, "window is -1; expected"),
        (ROWS, {"window": 2}, "so the level is PerFrame and the reference driving"),
        (ROWS, {"window": WHOLE_CLIP}, "so the level is PerFrame and the reference driving"),
        (DRIVEN, {"window": 2, "level": PerSet()}, "so the level is PerFrame and the reference driving"),
        (DRIVEN, {"level": None}, "level is None; expected a PerFrame or a PerSet"),
        (DRIVEN, {"level": PerSet(statistics=3)}, "the statistics of its level are 3; expected None or a Statistics"),
    ],
)
def test_a_wrong_fact_is_the_only_complaint(metric, change, word):
    found = complaints(replace(metric, **change))
    assert len(found) == 1 and word in found[0], found


@pytest.mark.parametrize(
    ("metric", "change"),
    [
        *((PIXELS, change) for change in (
            {"decimals": 0}, {"decimals": 6}, {"version": 1}, {"version": 2}, {"variant": "a-b.c_1"}, {"window": 1},
            {"window": 2}, {"level": PerFrame()}, {"low": float("-inf"), "high": float("inf")}, {"low": -1, "high": 0},
        )),
        *((DRIVEN, change) for change in (
            {"window": WHOLE_CLIP}, {"window": 1}, {"window": 9}, {"level": PerSet()}, {"reference_feature": "sound"},
            {"level": PerSet(statistics=METRICS["fid"].level.statistics)},
        )),
        (ROWS, {"level": PerSet()}),
    ],
)  # fmt: skip
def test_facts_at_their_bounds(metric, change):
    assert complaints(replace(metric, **change)) == []


def test_every_rule_is_told_at_once():
    found = complaints(replace(PIXELS, title="", decimals=-1, window=0, function=None, better="more"))
    assert len(found) == 5
