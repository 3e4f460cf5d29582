"""No exception of a library reaches the user: a sentence, an exit code, and for a bug a file with the traceback."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit import cli
from evalkit.cli.failure import BUG, USAGE, explain_failure
from evalkit.errors import RunError

PLANT = """
import sys
import evalkit.protocol.schema
def planted(*arguments, **named):
    {raising}
evalkit.protocol.schema.list_protocols = planted
from evalkit.cli import main
sys.argv = ["evalkit", "protocols", "list"]
main()
"""


def planted(raising, **variables):
    """`evalkit protocols list` in a process of its own, with a statement planted in what it calls."""
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    code = PLANT.format(raising=raising)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


def test_a_bug_ends_in_a_sentence_and_its_traceback_in_a_file(tmp_path):
    done = planted("raise KeyError('planted')", TMPDIR=tmp_path)
    assert done.returncode == BUG == 70 and done.stdout == ""
    assert "this is a bug in evalkit, not a mistake of yours. KeyError: 'planted'" in done.stderr
    assert "Traceback" not in done.stderr
    (report,) = tmp_path.glob("evalkit-bug-*.txt")
    assert str(report) in done.stderr
    text = report.read_text(encoding="utf-8")
    assert "command: evalkit protocols list" in text and "Traceback" in text and "in planted" in text


def test_without_a_folder_for_it_the_traceback_goes_to_stderr(tmp_path):
    raising = "import tempfile; tempfile.tempdir = '/proc/nowhere'; raise KeyError('planted')"
    done = planted(raising)
    assert done.returncode == BUG
    assert "Traceback" in done.stderr and done.stderr.rstrip().endswith("The traceback is above.")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.ELOOP, "loop"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_a_file_system_that_refuses_is_no_bug(number, says):
    text, code = explain_failure(OSError(number, os.strerror(number), "/some/file"))
    assert code == USAGE == 2 and text.startswith("evalkit: /some/file: ") and says in text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RunError("Do this."), "evalkit: Do this."),
        (ModuleNotFoundError("x", name="mediapipe.tasks"), "pip install 'evalkit-face[mediapipe]'"),
        (ModuleNotFoundError("x", name="scipy"), "pip install evalkit-face"),
        (ImportError("libxcb.so.1: cannot open shared object file: No such file"), "install libgl1 libglib2.0-0"),
        (ImportError("libGL.so.1: cannot open shared object file: No such file"), "apt-get install libgl1"),
        (OSError("libEGL.so.1: cannot open shared object file: No such file"), "apt-get install libegl1"),
        (ImportError("libodd.so.3: cannot open shared object file: No such file"), "library libodd.so.3 is missing."),
        (UnicodeEncodeError("utf-8", "caf\udce9.mp4", 3, 4, "surrogates not allowed"), r"'caf\udce9.mp4' is not UTF-8"),
    ],
)
def test_what_the_user_can_mend_is_no_bug(error, says):
    text, code = explain_failure(error)
    assert code == USAGE and says in text and "\n" not in text


def test_a_reader_that_goes_away_is_no_bug(tmp_path):
    command = f"{sys.executable} -m evalkit protocols list --json | head -n 1; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines()[0] == "[" and done.stdout.splitlines()[-1] != str(BUG)
    assert "bug" not in done.stderr and "Traceback" not in done.stderr and not list(tmp_path.iterdir())


@pytest.fixture
def evalkit(monkeypatch, capfd, tmp_path):
    """Run a command in this process: (exit code, stdout, stderr)."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("signal.signal", lambda *arguments: None)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["evalkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capfd.readouterr()

    return run


BAD_YAML = {
    "cut off": b"a: [",
    "a list": b"- 1",
    "bytes": b"\xff\xfe\0",
    "nothing": b"",
    "an impossible date": b"id: 2020-13-45",
    "a tag": b"!!python/object:os.system x",
    "an anchor in itself": b"a: &a [*a]",
    "too deep": b"[" * 1200,
}


@pytest.mark.parametrize("content", BAD_YAML.values(), ids=BAD_YAML)
@pytest.mark.parametrize("command", ["methods show", "protocols show"])
def test_bad_yaml_ends_in_a_sentence_that_names_the_file(evalkit, tmp_path, command, content):
    path = tmp_path / "method.yaml"
    path.write_bytes(content)
    code, out, err = evalkit(*command.split(), tmp_path if command == "methods show" else path)
    assert (code, out) == (USAGE, "") and err.startswith(f"evalkit: {path}: ")


@pytest.mark.parametrize("command", ["methods show", "protocols show"])
def test_a_pipe_is_not_waited_for(evalkit, tmp_path, command):
    path = tmp_path / "method.yaml"
    os.mkfifo(path)
    code, _, err = evalkit(*command.split(), tmp_path if command == "methods show" else path)
    assert code == USAGE and "a pipe, socket or device" in err


@pytest.mark.parametrize("command", [("methods", "import"), ("methods", "check", "--checkpoint")])
def test_a_checkpoint_that_is_a_pipe_is_not_waited_for(evalkit, tmp_path, command):
    os.mkfifo(tmp_path / "weights.pth")
    options = [*command, tmp_path / "weights.pth"]
    options.insert(2, "fomm")
    code, _, err = evalkit(*options)
    assert code == USAGE and "a pipe, socket or device" in err


@pytest.mark.parametrize("place", ["/dev/full/x", "/proc/x", "{file}", "{file}/x"])
@pytest.mark.parametrize("command", ["cache ls", "cache gc", "metrics list", "weights list"])
def test_a_cache_that_cannot_be_written_keeps_nobody_from_looking(evalkit, tmp_path, monkeypatch, command, place):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALKIT_CACHE", place.format(file=tmp_path / "file"))
    assert evalkit(*command.split())[0] == 0


def test_the_demo_corpus_says_that_it_needs_the_cache(evalkit, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", "/proc/x")
    code, _, err = evalkit("run", "-p", "demo_self", "-M", "copy_source", "--limit", "1", "--out", tmp_path / "out")
    assert code == USAGE and re.search(r"demo corpus.*cache folder /proc/x .*EVALKIT_CACHE", err)


def test_a_user_without_a_home_is_told_of_the_variable(evalkit, monkeypatch):
    monkeypatch.delenv("EVALKIT_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    code, _, err = evalkit("cache", "ls")
    assert code == USAGE and "Set EVALKIT_CACHE" in err


def test_a_refusal_without_a_file_says_where_to_look():
    text, code = explain_failure(PermissionError(errno.EACCES, "Permission denied"))
    assert code == 2 and text.count("ermission denied") == 1 and "/dev/shm" in text
