"""Run tests against a changed file, in a copy of the tree: noticed when one fails, dies or takes far too long.

Every run is a fork of this process, which has imported the libraries but nothing of evalkit: that saves seconds each.
"""

import contextlib
import importlib
import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.mutation.belonging import all_of, near
from tests.mutation.changes import Change

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("numpy", "scipy.stats", "scipy.optimize", "scipy.linalg", "pydantic", "pyarrow.parquet", "yaml", "av")
_LIBRARIES += ("PIL.Image", "torch", "rich.console", "typer", "pytest", "scipy.interpolate", "scipy.ndimage")
Stage = Literal["near", "all"]
"""The tests of a module's name, or the others that belong to it."""
_GRACE_S, _TIMES = 10, 4
_NO_TESTS = 5
"""pytest's exit code where every test of the files is a slow one."""
_MEMORY = 8 * 2**30
_WHOLE_FOLDERS = ("evalkit", "baselines", "tests", "protocols", "leaderboards", "docs", "benchmarks")


def import_libraries() -> None:
    """What nearly all tests need."""
    for name in _LIBRARIES:
        importlib.import_module(name)


@dataclass(frozen=True)
class Ran:
    """How a run of tests ended: exit code (None: it took too long), processor seconds, the end of what it printed."""

    code: int | None
    seconds: float
    printed: str


@dataclass
class Tree:
    """A copy of the repository in `folder`, with what its tests take unchanged."""

    folder: Path
    shared: str
    times: dict[Path, float] = field(default_factory=dict)

    def notices(self, change: Change, stage: Stage) -> bool:
        """Whether tests notice a change: those of the module's name, or all others that belong to it.

        Raises `RuntimeError` when the tests fail on the unchanged tree, where they could notice nothing.
        """
        tests = near(self.folder, change.path)
        if stage == "all":
            tests = [path for path in all_of(self.folder, change.path) if path not in tests]
        if not tests:
            return False
        limit = _GRACE_S + _TIMES * sum(self._time(test) for test in tests)
        with _written(self.folder / change.path, change.after):
            return self.run(tests, limit).code not in (0, _NO_TESTS)

    def _time(self, test: Path) -> float:
        """Of one file: the tests of several modules share most files, so that each runs unchanged but once."""
        if test not in self.times:
            ran = self.run([test], 900)
            if ran.code not in (0, _NO_TESTS):
                raise RuntimeError(f"{test} fails without any change:\n{ran.printed}")
            self.times[test] = ran.seconds
        return self.times[test]

    def run(self, tests: Sequence[Path], limit: float) -> Ran:
        """Run test files up to the first failure, for at most `limit` seconds of processor time."""
        output = self.folder / "output.txt"
        child = os.fork()
        if child == 0:
            self._become_pytest([str(path) for path in tests], output, limit)
        code, seconds = _wait(child, 60 + 5 * limit)
        return Ran(code, seconds, output.read_text(errors="replace")[-3000:])

    def _become_pytest(self, tests: list[str], output: Path, limit: float) -> None:
        """In a fork of this process; does not return."""
        code = 70
        try:
            os.setsid()
            with output.open("w") as file:
                for stream in (1, 2):
                    os.dup2(file.fileno(), stream)
            os.chdir(self.folder)
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 1))
            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
            os.environ |= {
                "PYTHONPATH": str(self.folder),
                "EVALKIT_SHARED": self.shared,
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            sys.dont_write_bytecode = True
            sys.path[:] = [str(self.folder), *(path for path in sys.path if Path(path).resolve() != ROOT)]
            for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "evalkit", "baselines")]:
                del sys.modules[name]
            # What is spawned imports the main module again, which must not be this command.
            sys.modules["__main__"] = types.ModuleType("__main__")
            import pytest

            flags = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "-m", "not slow"]
            code = int(pytest.main([*flags, "--basetemp", str(self.folder / ".temporary"), *tests]))
        finally:
            sys.stdout.flush()
            os._exit(code)


def copy_tree(folder: Path) -> Tree:
    """A copy of what the tests need. Symbolic links and bytecode stay behind."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else _files()
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Tree(folder, os.environ.get("EVALKIT_SHARED", str(ROOT.parent / "shared")))


def _files() -> list[str]:
    """The files of a tree that is not under git."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for name in _WHOLE_FOLDERS for path in (ROOT / name).rglob("*") if path.suffix != ".pyc"]
    return [str(path.relative_to(ROOT)) for path in (*top, *below)]


_times = itertools.count(1)
"""Seconds of 1970, one for each text that is written."""


@contextlib.contextmanager
def _written(path: Path, text: str):
    """`text` instead of the file, with a time that no bytecode has: two changes may be of the same length."""
    kept, stat = path.read_bytes(), path.stat()
    try:
        path.write_text(text, encoding="utf-8")
        now = next(_times)
        os.utime(path, (now, now))
        yield
    finally:
        path.write_bytes(kept)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _wait(child: int, wall: float) -> tuple[int | None, float]:
    """Exit code of a process, None when it was stopped for its time, and its processor seconds."""
    end = time.monotonic() + wall
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    return (None if code < 0 else code), used.ru_utime + used.ru_stime
