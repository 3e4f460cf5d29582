"""The check of the tests: what is changed, whose tests are run, and that a change is noticed or goes by."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.mutation import __main__ as command
from tests.mutation import score
from tests.mutation.belonging import all_of, near
from tests.mutation.calls import Calls, function_of
from tests.mutation.changes import Change, changes
from tests.mutation.score import Equivalent, Result, all_changes, candidates, equivalents, table
from tests.mutation.trial import ROOT

FLOOR = 0.75
QUICK = (
    "evalkit/metrics/csim.py",
    "evalkit/metrics/mkr.py",
    "evalkit/gating/decision.py",
    "evalkit/statistics/agreement.py",
    "evalkit/statistics/skewness.py",
)


def made(text):
    """(operator, line after the change) of every change of a text of one line per statement."""
    found = [change for change in changes(Path("evalkit/x.py"), text) if change.is_one]
    return {(change.operator, change.diff()[-1][1:]) for change in found}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", {("boundary", "x = a <= b"), ("comparison", "x = a >= b")}),
        ("x = a is not b", {("comparison", "x = a is b")}),
        ("x = a not in b", {("comparison", "x = a in b")}),
        ("x = a ** b", {("arithmetic", "x = a * b")}),
        ("x = -a", {("arithmetic", "x = a")}),
        ("x = a and b", {("boolean", "x = a or b"), ("boolean", "x = b"), ("boolean", "x = a")}),
        ("x = not a", {("boolean", "x = a")}),
        ("x = a if b else c", {("boolean", "x = a if True else c"), ("boolean", "x = a if False else c")}),
        ("x = 3", {("constant", "x = 4")}),
        ("x = True", {("constant", "x = False")}),
        ("x = f(a, b)", {("arguments", "x = f(b, a)")}),
        ("x = np.mean(a)", {("twin", "x = np.median(a)")}),
        ("def f(a=1): return a", {("constant", "def f(a=2): return a"), ("return", "def f(a=1): return None")}),
        ("def f(a=B): pass", {("default", "def f(a=None): pass")}),
        ("f(a)", {("removed", "pass")}),
        ("a += b", {("removed", "pass")}),
        ("x = 'é' + (a) == b", {("arithmetic", "x = 'é' - (a) == b"), ("comparison", "x = 'é' + (a) != b")}),
    ],
)
def test_operators(line, expected):
    assert made(line) == expected


@pytest.mark.parametrize(
    "line", ['"""A docstring of 3 words."""', "x: Literal[3] = a", "assert a == 3", 'x = f"{a + 3:.4f}"']
)
def test_texts_annotations_and_assertions_stay(line):
    assert made(line) == set()


def test_the_diff_of_a_change_in_a_long_statement():
    change = changes(Path("evalkit/x.py"), "x = f(\n    a,\n    3,\n)\n")
    assert [each.diff() for each in change if each.operator == "constant"] == [["-3,", "+4,"]]


def test_a_module_has_the_tests_of_its_name_and_then_those_of_its_room_and_of_who_imports_it():
    module = Path("evalkit/metrics/kid.py")
    assert near(ROOT, module) == [Path("tests/metrics/test_kid.py")]
    assert near(ROOT, Path("evalkit/metrics/akd.py")) == [
        Path(f"tests/metrics/test_akd{end}.py") for end in ("", "_dlib68")
    ]
    every = all_of(ROOT, Path("evalkit/statistics/changepoints.py"))
    assert Path("tests/gating/test_history.py") in every and Path("tests/statistics/test_ratio.py") in every


MODULE = """
LIMIT = 3

@cache
def kept(a):
    return a

@property
def plain(a,
          b=1):
    c = a
    return c

class Thing:
    size = 1

    def area(self):
        def inner():
            return 2
        return inner()
"""


@pytest.mark.parametrize(
    ("line", "function"),
    [(2, None), (4, None), (6, None), (10, None), (11, 8), (12, 8), (15, None), (19, 17), (20, 17)],
)
def test_the_function_that_a_line_is_in(line, function):
    """None in a signature, which is computed on import, and where a decorator may keep what was given before."""
    assert function_of(MODULE, line) == function


def test_tests_are_chosen_by_what_they_call():
    calls = Calls({"a": 1.0, "b": 2.0, "c": 0.5}, {"a": {"x.py": [3]}, "b": {"x.py": [3, 9]}, "": {"x.py": [20]}}, 9.0)
    assert calls.tests(Path("x.py"), 3) == ["a", "b"] and calls.tests(Path("x.py"), 9) == ["b"]
    assert calls.tests(Path("x.py"), 20) == calls.tests(Path("x.py"), None) == ["a", "b", "c"]
    assert calls.tests(Path("y.py"), 3) == []


def test_every_module_of_the_six_rooms_has_tests_and_changes():
    for room in score.ROOMS:
        for module in score._modules(room):
            assert all_of(ROOT, module), module
        assert len(all_changes([room])) > 100


def test_a_sample_is_the_same_for_the_same_seed(monkeypatch):
    """And mostly the same after a change of the code: a change has its lot by what it is."""
    first = candidates(["evalkit/metrics/kid.py"], 20, 1)
    assert first == candidates(["evalkit/metrics/kid.py"], 20, 1) != candidates(["evalkit/metrics/kid.py"], 20, 2)
    every = all_changes(["evalkit/metrics/kid.py"])
    monkeypatch.setattr(score, "all_changes", lambda places: every[3:])
    again = candidates(["evalkit/metrics/kid.py"], 20, 1)
    assert [change for change in first if change in every[3:]] == again[: len(set(first) - set(every[:3]))]


def test_what_is_listed_as_equivalent_and_what_was_noticed_before_is_not_run(monkeypatch, tmp_path):
    """Nothing is left to run here: a pool without work starts no process."""
    first, second = candidates(["evalkit/metrics/kid.py"], 2, 1)
    row = Equivalent(str(first.path), tuple(first.diff()), "for this test")
    monkeypatch.setattr(score, "equivalents", lambda: [row])
    store = tmp_path / "results.jsonl"
    store.write_text(json.dumps({"key": score._key(second), "noticed": "near", "change": ""}) + "\n")
    results = list(score.measure([first, second], store=store))
    assert results == [Result(first, "equivalent"), Result(second, "near")]
    assert score.share(results) == 1


def test_every_change_that_is_listed_as_equivalent_is_still_one():
    rows = equivalents()
    there = Counter((str(c.path), tuple(c.diff())) for c in all_changes(sorted({row.file for row in rows})))
    assert [row for row in rows if there[row.file, row.diff] != row.times] == []
    assert all(len(row.reason) > 20 for row in rows)


def test_the_table_counts_by_room():
    found = [Result(Change(Path(f"evalkit/{room}/x.py"), 1, "removed", "a", "b"), seen) for room, seen in
             (("gate", "near"), ("gate", None), ("gate", "equivalent"), ("metrics", "all"))]  # fmt: skip
    assert [line.split() for line in table(found).splitlines()[1:]] == [
        ["gate", "3", "1", "1", "1", "50.0%"],
        ["metrics", "1", "0", "1", "0", "100.0%"],
        ["all", "4", "1", "2", "1", "66.7%"],
    ]


def python(*arguments):
    """Run Python at the root, in a process of its own: the check forks, which a process with threads should not."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=1800)


@pytest.mark.slow
def test_a_sample_of_changes_is_noticed():
    """Quick modules, the tests of their name. A share below the floor means that tests lost their assertions."""
    ran = python("-m", "tests.mutation", *QUICK, "--near", "--sample", "8", "--seed", "1", "--floor", str(FLOOR))
    assert ran.returncode == 0 and ran.stdout.splitlines()[-1].split()[:2] == ["all", "8"], ran.stdout + ran.stderr


_UNUSED = """
from pathlib import Path
from tests.mutation import trial
from tests.mutation.changes import Change
from tests.mutation.score import measure
trial._GRACE_S, trial._TIMES = 1, 2
path = Path("evalkit/metrics/mkr.py")
text = path.read_text()
texts = [text + "x = 1", text + "1 / 0", text + "while True: pass"]
drawn = [Change(path, 1, "none", text, after) for after in texts]
print([result.noticed for result in measure(drawn, thorough=False)])
"""


@pytest.mark.slow
def test_a_change_that_does_nothing_goes_by_and_a_hang_is_noticed():
    ran = python("-c", _UNUSED)
    assert ran.stdout.strip() == "[None, 'near', 'near']", ran.stdout + ran.stderr


@pytest.mark.parametrize(("noticed", "floor", "code"), [(3, 1.0, 0), (3, 1.01, 1), (2, 0.75, 1), (0, 0.0, 1)])
def test_a_share_below_the_floor_fails(monkeypatch, capsys, noticed, floor, code):
    """And a sample that is empty."""
    drawn = [Change(Path("evalkit/metrics/mkr.py"), 1, "removed", "a", "b")] * (3 if noticed else 0)
    results = [Result(change, "near" if at < noticed else None) for at, change in enumerate(drawn)]
    monkeypatch.setattr(command, "candidates", lambda *asked: drawn)
    monkeypatch.setattr(command, "measure", lambda *asked: iter(results))
    assert command.main(["evalkit/metrics/mkr.py", "--floor", str(floor)]) == code
    assert "all " in capsys.readouterr().out
