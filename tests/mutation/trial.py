"""Run tests against a changed file, in a copy of the tree: noticed when one fails, dies or takes far too long.

Every run is a fork of this process, which has imported the libraries but nothing of evalkit: that saves seconds each.
"""

import contextlib
import importlib
import itertools
import json
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
from tests.mutation.calls import Calls, Recorder, function_of
from tests.mutation.changes import Change

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("numpy", "scipy.stats", "scipy.optimize", "scipy.linalg", "pydantic", "pyarrow.parquet", "yaml", "av")
_LIBRARIES += ("PIL.Image", "torch", "rich.console", "typer", "pytest", "scipy.interpolate", "scipy.ndimage")
Stage = Literal["near", "all"]
"""The tests of a module's name, or the others that belong to it."""
_GRACE_S, _TIMES = 10, 4
_NO_TESTS = 5
"""pytest's exit code where every test of the files is a slow one."""
_NO_SUCH_TEST = 4
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
    calls: dict[Path, Calls] = field(default_factory=dict)

    def notices(self, change: Change, stage: Stage) -> bool:
        """Whether tests notice a change: those of the module's name, or all others that belong to it.

        Raises `RuntimeError` when the tests fail on the unchanged tree, where they could notice nothing.
        """
        line, tests = function_of(change.before, change.line), near(self.folder, change.path)
        if stage == "near":
            return bool(tests) and self._noticed(change, tests, self._chosen(tests, change.path, line))
        seen = bool(self._chosen(tests, change.path, line))
        others = [path for path in all_of(self.folder, change.path) if path not in tests]
        for test in others:  # one after the other, so that those behind need no run without a change
            if chosen := self._chosen([test], change.path, line):
                seen = True
                if self._noticed(change, [test], chosen):
                    return True
        # What no test is seen to call may be called in processes of tests.
        every = [*tests, *others]
        return not seen and self._noticed(change, every, self._chosen(every, change.path, None))

    def _noticed(self, change: Change, tests: Sequence[Path], chosen: dict[str, float]) -> bool:
        """Whether one of the `chosen` tests in the files `tests` fails; false without any."""
        if not chosen:
            return False
        limit = _GRACE_S + _TIMES * sum(chosen.values())
        with _written(self.folder / change.path, change.after):
            code = self.run(sorted(chosen, key=lambda test: chosen[test]), limit).code
            if code == _NO_SUCH_TEST:  # their parameters come from what was changed
                code = self.run([str(path) for path in tests], limit).code
            return code not in (0, _NO_TESTS)

    def _chosen(self, tests: Sequence[Path], path: Path, line: int | None) -> dict[str, float]:
        """The tests in these files that call a function, or all of them, with their seconds."""
        found = {}
        for file in tests:
            calls = self._calls(file)
            chosen = calls.tests(path, line)
            beside = (calls.total - sum(calls.seconds.values())) / max(len(chosen), 1)
            found |= {test: calls.seconds[test] + beside for test in chosen}
        return found

    def _calls(self, test: Path) -> Calls:
        """Of one file, by a run without a change."""
        if test not in self.calls:
            output = self.folder / "calls.json"
            output.unlink(missing_ok=True)
            ran = self.run([str(test)], 900, Recorder(self.folder, output))
            if ran.code not in (0, _NO_TESTS):
                raise RuntimeError(f"{test} fails without any change:\n{ran.printed}")
            self.calls[test] = Calls(**json.loads(output.read_text(encoding="utf-8")))
        return self.calls[test]

    def run(self, tests: Sequence[str], limit: float, recorder: Recorder | None = None) -> Ran:
        """Run tests up to the first failure, for at most `limit` seconds of processor time."""
        output = self.folder / "output.txt"
        child = os.fork()
        if child == 0:
            self._become_pytest(tests, output, limit, recorder)
        code, seconds = _wait(child, 60 + 5 * limit)
        return Ran(code, seconds, output.read_text(errors="replace")[-3000:])

    def _become_pytest(self, tests: Sequence[str], output: Path, limit: float, recorder: Recorder | None) -> None:
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
            if recorder:
                recorder.start()
            arguments = [*flags, "--basetemp", str(self.folder / ".temporary"), *tests]
            code = int(pytest.main(arguments, plugins=[recorder] if recorder else None))
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
