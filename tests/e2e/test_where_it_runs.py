"""Terminals that are not UTF-8, disks that are full, programs without a file."""

import os
import subprocess
import sys

import pytest

from tests.e2e.conftest import write_clip
from tests.fakes import noise


def call(*arguments: str, stdin: str | None = None, stdout=subprocess.PIPE, cwd=None, **variables: str):
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, input=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True, errors="replace", cwd=cwd,
        env={**os.environ, **variables}, timeout=300,
    )  # fmt: skip


@pytest.fixture
def data(tmp_path):
    for name in ("café", "b"):
        write_clip(tmp_path / "data" / name / "x.mkv", noise(3))
    return tmp_path / "data"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_signs_that_the_stream_lacks_are_written_out(encoding):
    """Case A19-output-that-is-not-utf8: `metrics list` to a stream without arrows."""
    done = call("-m", "evalkit", "metrics", "list", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stderr == "" and "\\u2193" in done.stdout, done.stderr


def test_an_ascii_locale_says_what_to_set(data):
    """Case A19-output-that-is-not-utf8: names with accents under an ASCII locale."""
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = call("-m", "evalkit", "protocols", "pairs", "folder_self", "--data", str(data), **locale)
    assert "Traceback" not in done.stderr and "this is a bug" not in done.stderr
    assert done.returncode == 0 or "PYTHONUTF8=1" in done.stderr


def test_a_full_disk_behind_stdout_is_one_line(data):
    """Case A19-output-that-is-not-utf8: `protocols pairs > /dev/full`."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = call("-m", "evalkit", "protocols", "pairs", "folder_self", "--data", str(data), stdout=full)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "No space left on device" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", ["standard input", "a script without a guard"])
def test_worker_processes_need_no_main_module(data, tmp_path, how):
    """Case A20-scoring-from-standard-input: `python - < script.py` with two workers."""
    arguments = f"run -p folder_self -d {data} -M copy_driving --no-anchors -m l1 --workers 2 --out {tmp_path / 'runs'}"
    program = f"import sys\nsys.argv = ['evalkit', *{arguments.split()!r}]\nfrom evalkit.cli.app import app\napp()\n"
    if how == "standard input":
        done = call("-", stdin=program)
    else:
        (tmp_path / "script.py").write_text(program)
        done = call(str(tmp_path / "script.py"))
    assert done.returncode == 0 and "N = 2 of 2 pairs" in done.stdout, done.stderr
