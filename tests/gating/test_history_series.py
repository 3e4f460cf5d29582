"""Series out of lines of a history that are made up: what begins another one, levels, and which way is worse."""

from dataclasses import replace

import pytest

from evalkit.gating.history import HistoryLine, HistoryValue
from evalkit.gating.history_series import LevelChange, Series, collect, short
from evalkit.records.frame_scores import SCHEMA_VERSION


def line(values, **changes):
    """A line with these values by metric; facts of a value are changed by a couple (value, facts)."""
    facts = {
        "time": "2026-01-01T00:00:00+0000", "commit": "c" * 40, "outcome": "pass", "exit_code": 0, "method": "m",
        "title": "M", "protocol": "p", "protocol_hash": "h", "data_hash": "d", "pairs": 3,
        "checkpoint_sha256": "w" * 64,
    }  # fmt: skip
    rows = {}
    for key, value in values.items():
        number, more = value if isinstance(value, tuple) else (value, {})
        row = {"candidate": number, "status": "same", "change": None, "change_low": None, "change_high": None,
               "title": key.upper(), "better": "lower", "unit": "px", "signature": "s"}  # fmt: skip
        rows[key] = HistoryValue(**{**row, **more})
    return HistoryLine(schema_version=SCHEMA_VERSION, metrics=rows, **{**facts, **changes})


def series(values, jumps=(), better="lower"):
    (found,) = collect([line({"l1": value}) for value in values])
    return replace(found, jumps=jumps, better=better)


def test_series_in_the_order_they_appear():
    lines = [line({"b": 1.0, "a": None}), line({"a": 2.0, "b": 3.0}), line({}), line({"b": 0.0})]
    found = collect(lines)
    assert [(one.key, one.places, one.values) for one in found] == [
        ("b", (0, 1, 3), (1.0, 3.0, 0.0)), ("a", (1,), (2.0,))
    ]  # fmt: skip
    assert found[0].lines == (lines[0], lines[1], lines[3])
    assert (found[0].protocol, found[0].method, found[0].signature, found[0].unit) == ("p", "m", "s", "px")


@pytest.mark.parametrize(
    "other",
    [
        {"protocol": "q"}, {"method": "n"}, {"protocol_hash": "i"}, {"data_hash": None},
    ],
)  # fmt: skip
def test_what_begins_another_series(other):
    first, second = collect([line({"l1": 1.0}), line({"l1": 2.0}, **other)])
    assert (first.values, second.values) == ((1.0,), (2.0,))
    assert (second.protocol, second.method) == (other.get("protocol", "p"), other.get("method", "m"))
    assert len(collect([line({"l1": 1.0}), line({"l1": (2.0, {"signature": None})})])) == 2


def test_names_are_those_of_the_last_line():
    new = {"title": "New", "unit": "mm", "better": "higher"}
    (found,) = collect([line({"l1": 1.0}), line({"l1": (2.0, new)})])
    assert (found.title, found.unit, found.better) == ("New", "mm", "higher")
    assert collect([line({"l1": v}) for v in (1.0, 1.0, 1.0, 3.0, 3.0, 3.0)])[0].jumps == (3,)


def test_levels_are_means_between_jumps():
    found = series((1.0, 1.0, 4.0, 8.0, 9.0), (3,))
    assert found.levels == ((0, 3, 2.0), (3, 5, 8.5)) and series((1.0, 2.0)).levels == ((0, 2, 1.5),)


@pytest.mark.parametrize(
    ("better", "values", "worse"),
    [
        ("lower", (1.0, 2.0), True),
        ("lower", (2.0, 1.0), False),
        ("higher", (1.0, 2.0), False),
        ("higher", (2.0, 1.0), True),
        ("lower", (1.0, 1.0), False),
        ("higher", (1.0, 1.0), False),
    ],
)
def test_which_way_is_worse(better, values, worse):
    assert series(values, (1,), better).changes == (LevelChange(1, *values, worse),)
    assert series(values, (), better).changes == ()


def test_short_names():
    assert short(line({})) == "c" * 10 and short(line({}, commit="")) == "w" * 10
    assert short(line({}, commit=None, checkpoint_sha256=None)) == "2026-01-01"
    assert isinstance(collect([line({"l1": 1.0})])[0], Series)
