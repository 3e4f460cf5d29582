"""A run that is killed goes on with the same command and ends with the same numbers."""

import os
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
def unbroken(small_root, protocols, tmp_path_factory, private_cache):
    out = tmp_path_factory.mktemp("unbroken")
    began = time.monotonic()
    subprocess.run(command(protocols, small_root, out), check=True, capture_output=True)
    return (out / "small_self" / "copy_source" / "summary.json").read_bytes(), time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_killed_at_a_random_moment(attempt, unbroken, small_root, protocols, tmp_path):
    """docs/reliability.md counts more kills, with the command."""
    summary, seconds = unbroken
    environment = {**os.environ, "EVALKIT_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        command(protocols, small_root, tmp_path / "runs"),
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(random.Random(attempt).uniform(0.3, 1.0) * seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = subprocess.run(
        command(protocols, small_root, tmp_path / "runs"), env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "small_self" / "copy_source"
    assert (folder / "summary.json").read_bytes() == summary
    assert not list(folder.rglob("*.tmp*"))


def test_interrupt_keeps_finished_pairs(make_method, small_root, protocols, tmp_path):
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
    assert subprocess.run(arguments, capture_output=True).returncode == 0
    assert (folder / "summary.json").exists()
