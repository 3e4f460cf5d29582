"""Where the processor time of the tests goes, by folder and by test: `uv run pytest -m "" --cpu`.

Seconds of one core, user and system, so that what else the machine does counts little. A process that a test starts
counts once it has ended, and a shared fixture counts for the first test that asks for it.
"""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator

import pytest

SLOWEST = 40
_PROPERTY = "processor seconds"


def spent() -> float:
    """Seconds of this process and of those it has waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


class CpuTimes:
    """The plugin; with xdist one in every worker, which measure, and one that hears of all tests and prints."""

    def __init__(self) -> None:
        self._tests: Counter[str] = Counter()
        self._workers = 0.0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        return (yield from _measured(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        return (yield from _measured(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        return (yield from _measured(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self._tests[report.nodeid] += sum(value for name, value in report.user_properties if name == _PROPERTY)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if "PYTEST_XDIST_WORKER" in os.environ:
            session.config.workeroutput[_PROPERTY] = spent()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        self._workers += getattr(node, "workeroutput", {}).get(_PROPERTY, 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        own = resource.getrusage(resource.RUSAGE_SELF)
        everything = own.ru_utime + own.ru_stime + self._workers if self._workers else spent()
        folders: Counter[str] = Counter()
        tests: Counter[str] = Counter()
        for test, seconds in self._tests.items():
            folder = test.partition("::")[0].rpartition("/")[0]
            folders[folder] += seconds
            tests[folder] += 1
        terminalreporter.section("processor time, seconds of one core")
        for folder, seconds in folders.most_common():
            terminalreporter.write_line(f"{seconds:8.1f}  {folder} ({tests[folder]} tests)")
        terminalreporter.write_line(f"{everything - folders.total():8.1f}  imports and collection")
        terminalreporter.write_line(f"{everything:8.1f}  everything")
        terminalreporter.section(f"the {SLOWEST} slowest tests")
        for test, seconds in self._tests.most_common(SLOWEST):
            terminalreporter.write_line(f"{seconds:8.1f}  {test}")


def _measured(item: pytest.Item) -> Iterator[None]:
    before = spent()
    try:
        return (yield)
    finally:
        item.user_properties.append((_PROPERTY, spent() - before))
