"""A process tree ends as a whole, within its limits, whatever it does."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from evalkit.errors import MethodError
from evalkit.method.foreign.process import Kept, Process

ENV = {"PATH": os.environ["PATH"]}


def python(body: str, folder: Path, memory: int | None = None) -> Process:
    return Process([sys.executable, "-I", "-S", "-c", textwrap.dedent(body)], folder, ENV, memory)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def pid_in(path: Path) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if path.is_file() and (text := path.read_text()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{path} was never written")


DAEMON = """
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open("daemon.txt", "w").write(str(os.getpid()))
            time.sleep(300)
        os._exit(0)
"""


def test_a_grandchild_in_another_session_ends_when_the_program_does(tmp_path):
    process = python(DAEMON + "    while not os.path.exists('daemon.txt'): time.sleep(0.01)\n", tmp_path)
    assert process.wait(20).code == 0
    assert not alive(pid_in(tmp_path / "daemon.txt"))


def test_a_hang_is_killed_with_its_grandchildren(tmp_path):
    process = python(DAEMON + "    os.wait()\n    time.sleep(300)\n", tmp_path)
    daemon = pid_in(tmp_path / "daemon.txt")
    assert alive(daemon) and process.wait(0.1) is None
    assert str(process.kill("was stopped after 1 s")) == "was stopped after 1 s"
    assert not alive(daemon)


def test_everything_ends_with_evalkit(tmp_path):
    outer = f"""
        import os, sys, time
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from pathlib import Path
        from evalkit.method.foreign.process import Process
        Process([sys.executable, "-c", {textwrap.dedent(DAEMON) + "time.sleep(300)"!r}], Path("."), dict(os.environ))
        time.sleep(300)
    """
    evalkit = subprocess.Popen([sys.executable, "-c", textwrap.dedent(outer)], cwd=tmp_path)
    daemon = pid_in(tmp_path / "daemon.txt")
    evalkit.kill()
    evalkit.wait()
    until = time.monotonic() + 20
    while alive(daemon) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(daemon)


def test_output_without_end_is_bounded(tmp_path):
    process = python("import os\nblock = b'x' * 65536\nwhile True: os.write(2, block)", tmp_path)
    until = time.monotonic() + 20
    while process.output.total < 50 << 20 and time.monotonic() < until:
        time.sleep(0.01)
    process.kill("enough")
    assert process.output.total >= 50 << 20 and len(process.output.text()) < 400_000
    assert "bytes left out" in process.output.text()


def test_the_beginning_and_the_end_are_kept():
    kept = Kept()
    for index in range(200_000):
        kept.add(b"line %d\n" % index)
    text = kept.text()
    assert text.startswith("line 0\nline 1\n") and text.endswith("line 199999\n") and kept.last_line() == "line 199999"
    assert len(text) < 400_000


def test_memory_of_one_process_is_limited_by_the_kernel(tmp_path):
    process = python("x = bytearray(300 << 20)\nx[::4096] = b'1' * len(x[::4096])", tmp_path, memory=200 << 20)
    assert process.wait(20).code == 1 and process.output.last_line() == "MemoryError"


def test_memory_of_all_processes_together_is_limited(tmp_path):
    body = """
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                block = bytearray(60 << 20)
                block[::4096] = b'1' * len(block[::4096])
                time.sleep(300)
        time.sleep(300)
    """
    ended = python(body, tmp_path, memory=150 << 20).wait(20)
    assert "GB of memory; the limit is 0.16 GB" in str(ended)


def test_a_program_that_is_not_there(tmp_path):
    process = Process([str(tmp_path / "no such")], tmp_path, ENV)
    assert "no such: No such file" in str(process.wait(20))
    with pytest.raises(MethodError, match="cannot be started in"):
        Process(["true"], tmp_path / "nowhere", ENV)


def test_its_input_is_empty(tmp_path):
    process = python("import sys\nsys.exit(len(sys.stdin.read()))", tmp_path)
    assert process.wait(20).code == 0
