"""Rules for the facts of a metric: what is complained of, and that nothing else is."""

from dataclasses import replace

import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.base import PerFrame, PerSet
from evalkit.metrics.facts import complaints

PIXELS, ROWS = METRICS["l1"], METRICS["csim[dlib]"]


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
    ],
)
def test_a_wrong_fact_is_the_only_complaint(metric, change, word):
    found = complaints(replace(metric, **change))
    assert len(found) == 1 and word in found[0], found


@pytest.mark.parametrize(
    "change", [{"decimals": 0}, {"decimals": 6}, {"version": 1}, {"variant": "a-b.c_1"}, {"level": PerFrame()}]
)
def test_facts_at_their_bounds(change):
    assert complaints(replace(PIXELS, **change)) == []
