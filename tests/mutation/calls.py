"""Which tests call which functions of evalkit, and how long each takes: so that a change is met by these alone.

A plugin of pytest writes it down in the run without a change. What fixtures of more than one test do, and what runs on
import, counts for every test of the run. Functions that only other processes call are not seen.
"""

import ast
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

EVERY = ""
"""Stands for every test of a run."""


@dataclass(frozen=True)
class Calls:
    """Of one run: processor seconds of each test, the first lines of the functions each calls by file, and all seconds.

    Lines are those of code objects: of the first decorator, where there is one.
    """

    seconds: dict[str, float]
    called: dict[str, dict[str, list[int]]]
    total: float

    def tests(self, path: Path, line: int | None) -> list[str]:
        """The tests that call the function of `path` that begins at `line`; all for None."""
        if line is None or line in self.called.get(EVERY, {}).get(str(path), ()):
            return list(self.seconds)
        return [test for test in self.seconds if line in self.called.get(test, {}).get(str(path), ())]


class Recorder:
    """The plugin: writes `Calls` to `output` when the tests are over."""

    def __init__(self, folder: Path, output: Path) -> None:
        self._prefix, self._output = f"{folder / 'evalkit'}/", output
        self._seen: dict[str, set[tuple[str, int]]] = {EVERY: set()}
        self._seconds: dict[str, float] = {}
        self._now = self._seen[EVERY]

    def start(self) -> None:
        """See the calls of all threads from now on."""
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, argument: object) -> None:
        name = frame.f_code.co_filename
        if name.startswith(self._prefix):
            self._now.add((name, frame.f_code.co_firstlineno))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Everything from here on is called by this test."""
        self._now = self._seen.setdefault(item.nodeid, set())
        began = time.process_time()
        result = yield
        self._seconds[item.nodeid] = time.process_time() - began
        self._now = self._seen[EVERY]
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """Other tests use what a fixture of a module made."""
        before = self._now
        if fixturedef.scope != "function":
            self._now = self._seen[EVERY]
        try:
            return (yield)
        finally:
            self._now = before

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        sys.settrace(None)
        root = self._prefix.removesuffix("evalkit/")
        called: dict[str, dict[str, list[int]]] = {}
        for test, places in self._seen.items():
            for name, line in places:
                called.setdefault(test, {}).setdefault(name.removeprefix(root), []).append(line)
        content = {"seconds": self._seconds, "called": called, "total": time.process_time()}
        self._output.write_text(json.dumps(content), encoding="utf-8")


def function_of(text: str, line: int) -> int | None:
    """First line of the outermost function round a line of a module.

    None outside of functions, in a signature, and in one with a decorator, which may keep what it gave before.
    """
    for node in ast.walk(ast.parse(text)):
        bodies = node.body if isinstance(node, ast.Module | ast.ClassDef) else []
        for one in bodies:
            if isinstance(one, ast.FunctionDef) and one.body[0].lineno <= line <= (one.end_lineno or line):
                plain = all(getattr(mark, "id", "") in ("property", "staticmethod", "classmethod", "contextmanager")
                            for mark in one.decorator_list)  # fmt: skip
                return min([one.lineno, *(mark.lineno for mark in one.decorator_list)]) if plain else None
    return None
