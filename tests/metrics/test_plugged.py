"""Metrics from outside: adopted with the mark of their code, held to their shape and to sentences while they run."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.base.plugins import Offer, Plugin
from evalkit.errors import PluginError, ScoreError
from evalkit.metrics import METRICS
from evalkit.metrics.base import PerFrame, PerSet, Statistics
from evalkit.metrics.plugged import adopt

PLUGIN = Plugin("mine", "1", "abc" * 20)
ROWS = np.zeros((3, 2))


def adopted(function=lambda generated, reference: np.arange(3.0), **changes):
    return adopt(Offer(replace(METRICS["csim[dlib]"], function=function, **changes), PLUGIN))


def test_a_metric_is_marked_and_does_what_it_did():
    key, metric = adopted()
    assert key == metric.key == "csim[dlib]" and metric.plugin is PLUGIN and metric.level == PerFrame()
    assert metric.function(ROWS, ROWS).tolist() == [0, 1, 2]
    assert metric.signature("x", "clip").endswith("|code abcabcabcabc")


def test_what_is_no_metric_and_what_is_a_bad_one():
    with pytest.raises(PluginError, match=r"expected a Metric \(evalkit\.metrics\.base\), got dict"):
        adopt(Offer({}, PLUGIN))
    with pytest.raises(PluginError, match=r"metric 'csim\[dlib\]': title is ''; .*; decimals is -1; expected 0 to 6"):
        adopted(title="", decimals=-1)


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (np.zeros(2), r"\(2,\) float64"),
        (np.zeros((3, 1)), r"\(3, 1\) float64"),
        (np.array(["a"] * 3), r"\(3,\) <U1"),
        (np.zeros(3, complex), r"\(3,\) complex128"),
        ([0.0] * 3, "list"),
        (None, "NoneType"),
    ],
)
def test_other_values_than_one_number_per_frame_are_refused(values, got):
    _, metric = adopted(lambda generated, reference: values)
    with pytest.raises(ScoreError, match=rf"csim\[dlib\] of the plugin mine 1 returned {got}; expected \(3,\)"):
        metric.function(ROWS, ROWS)


@pytest.mark.parametrize("kind", ["f4", "f8", "i4", "u1", "?"])
def test_numbers_of_any_kind_become_float64(kind):
    _, metric = adopted(lambda generated, reference: np.ones(3, kind))
    found = metric.function(ROWS, ROWS)
    assert found.dtype == np.float64 and found.tolist() == [1, 1, 1]


def test_its_errors_name_it():
    def broken(*given):
        raise ZeroDivisionError("by zero")

    level = PerSet(Statistics(broken, broken), rows=broken)
    for function in (
        adopted(broken)[1].function,
        adopted(level=level)[1].level.rows,
        adopted(level=level)[1].level.statistics.gather,
        adopted(level=level)[1].level.statistics.compare,
    ):
        with pytest.raises(ScoreError, match=r"The metric csim\[dlib\] .*ZeroDivisionError: by zero"):
            function(ROWS, ROWS)


def test_a_metric_of_a_set_has_one_value_whatever_the_rows_are():
    level = PerSet(Statistics(list, lambda one, other: np.array([len(one) - len(other)])), rows=lambda rows: rows[:1])
    _, metric = adopted(lambda generated, reference: np.ones(len(generated)), level=level)
    assert metric.function(ROWS[:1], ROWS).tolist() == [1]
    with pytest.raises(ScoreError, match=r"returned \(3,\) float64; expected \(1,\) numbers"):
        metric.function(ROWS, ROWS)
    statistics = metric.level.statistics
    assert statistics.compare(statistics.gather("abcd"), statistics.gather("b")).tolist() == [3]
    assert len(metric.level.rows(ROWS)) == 1
    wrong = adopted(level=PerSet(Statistics(list, lambda one, other: np.zeros(2))))[1].level.statistics
    with pytest.raises(ScoreError, match=r"returned \(2,\) float64; expected \(1,\) numbers"):
        wrong.compare([], [])
    bare = adopted(level=PerSet())[1].level
    assert bare.statistics is None and bare.rows is None
