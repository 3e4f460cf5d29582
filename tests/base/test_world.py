"""What code from outside changes in the process, and what is left of it."""

import os
import random
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit.base.world import World, left, put_back, shortened


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


CHANGES = {
    "directory": (Path.cwd, lambda: os.chdir("/")),
    "variable": (lambda: os.environ.get("OF_A_METHOD"), lambda: os.environ.update(OF_A_METHOD="1")),
    "variable that is gone": (lambda: os.environ.get("HOME"), lambda: os.environ.pop("HOME", None)),
    "path": (lambda: list(sys.path), lambda: sys.path.insert(0, "/of/a/method")),
    "umask": (umask, lambda: os.umask(0o077)),
    "recursion": (sys.getrecursionlimit, lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 10)),
    "warnings": (lambda: list(warnings.filters), lambda: warnings.simplefilter("always")),
    "random": (random.getstate, lambda: random.seed(3)),
    "numpy errors": (np.geterr, lambda: np.seterr(all="ignore")),
    "dtype": (torch.get_default_dtype, lambda: torch.set_default_dtype(torch.float64)),
    "device": (torch.get_default_device, lambda: torch.set_default_device("meta")),
    "grad": (torch.is_grad_enabled, lambda: torch.set_grad_enabled(False)),
    "threads": (torch.get_num_threads, lambda: torch.set_num_threads(torch.get_num_threads() + 1)),
    "deterministic": (
        torch.are_deterministic_algorithms_enabled,
        lambda: torch.use_deterministic_algorithms(True, warn_only=True),
    ),
    "matmul": (torch.get_float32_matmul_precision, lambda: torch.set_float32_matmul_precision("high")),
    "cudnn": (lambda: torch.backends.cudnn.benchmark, lambda: setattr(torch.backends.cudnn, "benchmark", True)),
}


@pytest.mark.parametrize(("look", "change"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_put_back_and_found_again(look, change):
    """Kind of the case A06-adapter-changes-directory."""
    before, world = look(), World()
    with world.inside():
        change()
        changed = look()
    assert look() == before != changed
    with world.inside():
        assert look() == changed
    assert look() == before
    with World().inside():
        assert look() == before, "another method sees nothing of it"


def test_numpys_and_torchs_random_numbers_go_on():
    np.random.seed(5)
    torch.manual_seed(5)
    expected = np.random.rand(), torch.rand(1).item()
    np.random.seed(5)
    torch.manual_seed(5)
    with World().inside():
        np.random.seed(0)
        torch.manual_seed(0)
    assert (np.random.rand(), torch.rand(1).item()) == expected


def test_what_is_set_outside_is_seen_inside():
    world = World()
    with world.inside():
        os.environ["OF_A_METHOD"] = "1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OF_THE_USER", "2")
        with world.inside():
            assert (os.environ["OF_A_METHOD"], os.environ["OF_THE_USER"]) == ("1", "2")


def test_it_is_put_back_after_an_exit_too():
    before = Path.cwd()
    with pytest.raises(SystemExit), World().inside():
        os.chdir("/")
        sys.exit(3)
    assert Path.cwd() == before


def test_ctrl_c_stays_the_users_and_no_alarm_is_left():
    handler = signal.getsignal(signal.SIGINT)
    world = World()
    with world.inside():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.alarm(600)
    assert signal.getsignal(signal.SIGINT) is handler and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    with world.inside():
        assert signal.getsignal(signal.SIGINT) is handler


def test_prints_of_all_kinds_go_to_stderr(capfd):
    with World().inside():
        sys.stdout.write("a\n")
        sys.stdout.flush()
        os.write(1, b"b\n")
        subprocess.run(["echo", "c"], check=True)
    sys.stdout.write("result\n")
    out, err = capfd.readouterr()
    assert out == "result\n" and sorted(err.split()) == ["a", "b", "c"]


def test_the_arguments_of_evalkit_are_not_those_of_a_method(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["evalkit", "run", "--protocol", "x"])
    with World(tmp_path).inside():
        assert sys.argv == [str(tmp_path / "adapter.py")]
    assert sys.argv[1] == "run"


def test_nested_code_of_one_method_is_one_stay():
    world, before = World(), Path.cwd()
    with world.inside():
        with world.inside():
            os.chdir("/")
        assert Path.cwd() == Path("/")
    assert Path.cwd() == before


def test_an_import_keeps_its_variables_and_paths_and_nothing_else(capsys):
    before = Path.cwd(), list(sys.path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OF_A_METHOD", "0")
        with put_back():
            os.environ["OF_A_METHOD"] = "1"
            sys.path.append("/of/a/plugin")
            os.chdir("/")
            sys.stdout.write("loading")
        assert os.environ["OF_A_METHOD"] == "1" and sys.path == [*before[1], "/of/a/plugin"]
        assert Path.cwd() == before[0] and capsys.readouterr().out == ""
        sys.path[:] = before[1]


@pytest.mark.parametrize(
    ("call", "told"),
    [(lambda: sys.exit("no face"), "exited: no face"), (lambda: sys.exit(2), "exited with code 2"), (sys.exit, None)],
)
def test_an_exit_says_what_it_was(call, told):
    with pytest.raises(SystemExit) as caught:
        call()
    assert left(caught.value) == (told or "exited with code 0")


def test_long_texts_are_cut():
    assert shortened("x" * 500) == "x" * 500 and len(shortened("x" * 10_000)) == 503
