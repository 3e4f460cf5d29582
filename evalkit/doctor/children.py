"""Checks in child processes: a library that crashes, hangs or ends the process costs one answer, not the report."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

LIMIT_S = 60.0
"""How long one check may take. A cold import of PyTorch from a slow disk takes more than ten seconds."""

_CODE = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from evalkit.doctor.probe import main; main()"


@dataclass(frozen=True)
class Answer:
    """What a check found (any JSON value), or why it found nothing."""

    value: Any = None
    problem: str = ""
    absent: bool = False
    """The problem is that the module to import is not installed."""


def ask(groups: Sequence[Sequence[str]], at_once: int, limit_s: float = LIMIT_S) -> dict[str, Answer]:
    """The answers to all checks; those of a group run in one process, one after the other, groups beside each other."""
    stop = threading.Event()
    with ThreadPoolExecutor(max(1, at_once)) as pool:
        futures = [pool.submit(_ask_group, group, limit_s, stop) for group in groups]
        try:
            found = [future.result() for future in futures]
        except BaseException:
            stop.set()
            raise
    return {check: answer for answers in found for check, answer in answers.items()}


def _ask_group(checks: Sequence[str], limit_s: float, stop: threading.Event) -> dict[str, Answer]:
    """A child that ends before its last check is followed by one that goes on after the check that ended it."""
    answers: dict[str, Answer] = {}
    while not stop.is_set() and (waiting := [check for check in checks if check not in answers]):
        answers |= _one_child(waiting, limit_s)
    return answers


def _one_child(checks: Sequence[str], limit_s: float) -> dict[str, Answer]:
    """At least one answer: that of the check that the child did not survive, if not of all."""
    command = [sys.executable, "-c", _CODE, json.dumps(sys.path), *checks]
    answers: dict[str, Answer] = {}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        lines: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=_read, args=(child, lines), daemon=True).start()
        try:
            for check in checks:
                line = lines.get(timeout=limit_s)
                if line is None:
                    return {**answers, check: Answer(problem=_ending(child.wait()))}
                answers[check] = Answer(**json.loads(line))
        except queue.Empty:
            return {**answers, check: Answer(problem=f"no answer within {limit_s:g} s")}
        finally:
            child.kill()
    return answers


def _read(child: "subprocess.Popen[bytes]", lines: "queue.Queue[bytes | None]") -> None:
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line)
    lines.put(None)


def _ending(code: int) -> str:
    if code < 0:
        return f"ends the process ({signal.Signals(-code).name})"
    return f"ends the process (exit code {code})"
