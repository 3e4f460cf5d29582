"""Rules for the facts of a metric: tests check evalkit's own, registration checks those of plugins."""

import math
import re
from collections.abc import Iterator

from evalkit.metrics.base import BOTH_TASKS, Metric, PerFrame, PerSet, Statistics
from evalkit.types import WHOLE_CLIP

_KEY = re.compile(r"[a-z][a-z0-9_]*(\[[a-z0-9][a-z0-9._-]*\])?")
_MOST_DECIMALS = 6
_WORDS = ("title", "paper", "settings", "description")


def complaints(metric: Metric) -> list[str]:
    """What is wrong with the facts of a metric, each in a few words; empty when nothing is."""
    return [*_words(metric), *_choices(metric), *_numbers(metric), *_border(metric)]


def _words(metric: Metric) -> Iterator[str]:
    if not isinstance(metric.id, str) or not _KEY.fullmatch(metric.key):
        yield f"the key {metric.key!r} is not of the form id or id[variant], in lower-case letters and digits"
    for name in _WORDS:
        text = getattr(metric, name)
        if not isinstance(text, str) or not text or text != text.strip() or "\n" in text:
            yield f"{name} is {text!r}; expected a line of text"
    if isinstance(metric.title, str) and "|" in metric.title:
        yield "the title has a |, which ends a cell of a table"
    if isinstance(metric.description, str) and not metric.description.endswith("."):
        yield "the description must be a sentence that ends with a full stop"
    for name in ("unit", "differences", "beside", "reference_feature"):
        if not isinstance(getattr(metric, name), str):
            yield f"{name} is {getattr(metric, name)!r}; expected text"


def _choices(metric: Metric) -> Iterator[str]:
    choices = {"better": ("higher", "lower"), "reference": ("driving", "source")}
    for name, allowed in choices.items():
        if getattr(metric, name) not in allowed:
            yield f"{name} is {getattr(metric, name)!r}; expected {' or '.join(map(repr, allowed))}"
    if not isinstance(metric.tasks, frozenset) or not metric.tasks or not metric.tasks <= BOTH_TASKS:
        yield f"tasks is {metric.tasks!r}; expected SELF_ONLY or BOTH_TASKS"


def _numbers(metric: Metric) -> Iterator[str]:
    bounds = (metric.low, metric.high)
    if not all(isinstance(bound, (int, float)) and not math.isnan(bound) for bound in bounds) or bounds[0] >= bounds[1]:
        yield f"low and high are {metric.low!r} and {metric.high!r}; expected numbers, the first one smaller"
    if type(metric.decimals) is not int or not 0 <= metric.decimals <= _MOST_DECIMALS:
        yield f"decimals is {metric.decimals!r}; expected 0 to {_MOST_DECIMALS}"
    if type(metric.window) is not int or metric.window < (1 if metric.input is None else WHOLE_CLIP):
        yield f"window is {metric.window!r}; expected a number of frames from 1, of features also WHOLE_CLIP"
    if metric.window != 1 and not (isinstance(metric.level, PerFrame) and metric.reference == "driving"):
        yield "a window is of frames beside the driving frames, so the level is PerFrame and the reference driving"
    if metric.reference_feature and (metric.input is None or metric.reference != "driving"):
        yield "a reference_feature is of the extractor of the input, beside the driving clip"
    if type(metric.version) is not int or metric.version < 1:
        yield f"version is {metric.version!r}; expected a whole number from 1"


def _border(metric: Metric) -> Iterator[str]:
    if not callable(metric.function):
        yield f"function is {metric.function!r}; expected a function of two arrays"
    if metric.input is None:
        if metric.reference != "driving" or not isinstance(metric.level, PerFrame):
            yield "a metric of frames compares with the driving frames, one by one"
    elif not isinstance(metric.input, tuple) or [type(part) for part in metric.input] != [str, str]:
        yield f"input is {metric.input!r}; expected None, or an extractor and the name of one of its features"
    if not isinstance(metric.level, PerFrame | PerSet):
        yield f"level is {metric.level!r}; expected a PerFrame or a PerSet"
    elif isinstance(metric.level, PerSet) and not isinstance(metric.level.statistics, Statistics | None):
        yield f"the statistics of its level are {metric.level.statistics!r}; expected None or a Statistics"
