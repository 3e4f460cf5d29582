"""A run that is killed goes on with the same command and ends with the same numbers."""

import random
import signal
import subprocess
import sys
import time

import pytest


def command(protocols, root, out):
    arguments = [
        "run",
        "-p",
        protocols / "small_self.yaml",
        "-d",
        root,
        "-M",
        "copy_source",
        "-o",
        out,
        "--workers",
        "2",
    ]
    return [sys.executable, "-m", "evalkit", *(str(argument) for argument in arguments)]


@pytest.fixture(scope="module")
def unbroken(evalkit, small_root, protocols, tmp_path_factory):
    """What a run that nothing stops ends with."""
    out = tmp_path_factory.mktemp("unbroken")
    assert evalkit(*command(protocols, small_root, out)[3:], "--workers", 1).returncode == 0
    return (out / "small_self" / "copy_source" / "summary.json").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_killed_at_a_random_moment(attempt, unbroken, evalkit, small_root, protocols, tmp_path, monkeypatch):
    """From the moment its folder is there. docs/reliability.md counts more kills, with the command."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    asked, folder = command(protocols, small_root, tmp_path / "runs"), tmp_path / "runs" / "small_self" / "copy_source"
    process = subprocess.Popen(asked, stderr=subprocess.DEVNULL, start_new_session=True)
    while not folder.is_dir() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(random.Random(attempt).uniform(0, 4))
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = evalkit(*asked[3:], "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert (folder / "summary.json").read_bytes() == unbroken
    assert not list(folder.rglob("*.tmp*"))


def test_interrupt_keeps_finished_pairs(evalkit, make_method, small_root, protocols, tmp_path):
    slow = make_method("slow", "import time\nfor chunk in driving:\n    time.sleep(0.7)\n    yield chunk")
    arguments = command(protocols, small_root, tmp_path)
    arguments[arguments.index("copy_source")] = slow
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True)
    folder = tmp_path / "small_self" / "slow"
    deadline = time.monotonic() + 60
    while not list(folder.glob("pairs/*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors, errors
    assert "Finished pairs are kept" in errors
    finished = list(folder.glob("pairs/*.json"))
    assert finished and not (folder / "summary.json").exists()
    assert evalkit(*arguments[3:], "--workers", 1).returncode == 0
    assert (folder / "summary.json").exists()
