"""One foreign process tree: limits on time and memory, bounded output, peak memory, and an end that leaves nothing."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from evalkit.errors import MethodError
from evalkit.method.foreign.gpu_memory import gpu_bytes
from evalkit.method.foreign.proc_tree import resident_below

_WARDEN = Path(__file__).with_name("warden.py")
_BLOCK = 1 << 16
_HEAD_BYTES = 1 << 16
_TAIL_BLOCKS = 4
_WATCH_S = 0.05
_GRACE_S = 20.0
_QUIET_S = 0.2
_KILLED_INSIDE = 128 + 9
"""How a shell or a container says that signal 9 ended what it ran."""
Sampled = Literal["host", "gpu", "none"]


class Kept:
    """The beginning and the end of what a process wrote, whatever its length: at most 64 KiB and 256 KiB."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque(maxlen=_TAIL_BLOCKS)
        self.total = 0

    def add(self, block: bytes) -> None:
        """Take the next bytes."""
        self.total += len(block)
        room = _HEAD_BYTES - len(self._head)
        self._head += block[:room]
        if rest := block[room:]:
            if self._tail and len(self._tail[-1]) + len(rest) <= _BLOCK:
                self._tail[-1] += rest
            else:
                self._tail.append(rest)

    def text(self) -> str:
        """What was kept, with a line for what was not."""
        tail = b"".join(self._tail)
        left_out = self.total - len(self._head) - len(tail)
        middle = f"\n... {left_out} bytes left out ...\n".encode() if left_out else b""
        return (bytes(self._head) + middle + tail).decode(errors="replace")

    def last_line(self, longest: int = 400) -> str:
        """The last line that says something: of a Python traceback, the error."""
        end = (b"".join(self._tail) or bytes(self._head))[-8192:].decode(errors="replace")
        lines = [line.strip() for line in end.splitlines() if line.strip()]
        return lines[-1][-longest:] if lines else ""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: the signal), and why it was ended if it did not end itself."""

    code: int
    why: str = ""

    def __str__(self) -> str:
        if self.why:
            return self.why
        if self.code == -9:
            return "was killed by signal 9, by the kernel or by somebody else; most likely it ran out of memory"
        if self.code == _KILLED_INSIDE:
            return "ended with status 137: signal 9 ended what it started; most likely that ran out of memory"
        return f"was ended by signal {-self.code}" if self.code < 0 else f"ended with status {self.code}"


class Process:
    """A running program and all that it starts.

    `memory_bytes` limits each process (the kernel refuses more) and their sum (everything is killed). `sampled` is the
    memory whose peak is measured: of the host, of GPUs, or none where what matters does not run below it. What is
    written to stderr, and without `pipes` to stdout, is kept in `output`. Raises `MethodError` when the program cannot
    be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        memory_bytes: int | None = None,
        pipes: bool = False,
        sampled: Sampled = "host",
    ) -> None:
        self.output = Kept()
        self._peak = 0
        self._sampled = sampled
        self.on_kill: Callable[[], None] = lambda: None
        self._memory, self._ended = memory_bytes, threading.Event()
        self._result: Ended | None = None
        self._why = ""
        ours, theirs = socket.socketpair()
        self._control = ours
        with theirs:
            stdin, stdout = (subprocess.PIPE, subprocess.PIPE) if pipes else (subprocess.DEVNULL, subprocess.PIPE)
            start = [sys.executable, "-I", "-S", str(_WARDEN), str(theirs.fileno()), str(memory_bytes or 0), *command]
            try:
                self._warden = subprocess.Popen(
                    start,
                    cwd=folder,
                    env=dict(env),
                    stdin=stdin,
                    stdout=stdout,
                    stderr=subprocess.PIPE if pipes else subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    bufsize=0,
                )
            except (OSError, ValueError) as error:
                ours.close()
                raise MethodError(f"{command[0]} cannot be started in {folder}: {error}") from error
        self.stdin: IO[bytes] | None = self._warden.stdin
        self.stdout: IO[bytes] | None = self._warden.stdout if pipes else None
        drained = self._warden.stderr if pipes else self._warden.stdout
        assert drained is not None
        self._drained = drained
        self._threads = [
            threading.Thread(target=self._drain, args=(drained,), daemon=True),
            threading.Thread(target=self._watch, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float | None) -> Ended | None:
        """How it ended; None when it still runs after `seconds`."""
        return self._result if self._ended.wait(seconds) else None

    def reset_peak(self) -> None:
        """Measure the peak from now on."""
        self._peak = 0

    def peak(self) -> int | None:
        """Peak memory of all its processes together in bytes, sampled; None where none was seen."""
        if self._result is None:
            self._sample()
        return self._peak or None

    def printed(self) -> Kept:
        """What was printed since `forget_output`, all that was written before this call included."""
        until = time.monotonic() + _QUIET_S
        with contextlib.suppress(OSError, ValueError):
            while time.monotonic() < until and select.select([self._drained], [], [], 0)[0]:
                time.sleep(_QUIET_S / 100)
        return self.output

    def forget_output(self) -> None:
        """Keep what is printed from now on."""
        self.output = Kept()

    def kill(self, why: str) -> Ended:
        """End it and everything it started, and return how it ended: by itself if it already had."""
        if not self._ended.is_set():
            self._why = self._why or why
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self.on_kill()
        if not self._ended.wait(_GRACE_S):
            self._warden.kill()
            self._ended.wait(_GRACE_S)
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        return self._result or Ended(-9, why)

    def _drain(self, pipe: IO[bytes]) -> None:
        with pipe:
            while block := os.read(pipe.fileno(), _BLOCK):
                self.output.add(block)

    def _watch(self) -> None:
        """Sample memory until the program ends; then wait until all that it started is gone."""
        said = b""
        self._control.settimeout(_WATCH_S)
        while True:
            try:
                block = self._control.recv(_BLOCK)
            except TimeoutError:
                self._sample()
                continue
            except OSError:
                break
            if not block:
                break
            said += block
        with contextlib.suppress(OSError):
            self._control.close()
        self._warden.wait()
        self._threads[0].join(_GRACE_S)
        self._result = _ended(said, self._why)
        self._ended.set()

    def _sample(self) -> None:
        processes = resident_below(self._warden.pid)
        held = sum(processes.values())
        if self._sampled != "none":
            seen = held if self._sampled == "host" else gpu_bytes(processes)
            self._peak = max(self._peak, seen or 0)
        if self._memory and held > self._memory and not self._why:
            self._why = f"took {held / 1e9:.2f} GB of memory; the limit is {self._memory / 1e9:.2f} GB"
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)


def _ended(said: bytes, why: str) -> Ended:
    try:
        content = json.loads(said)
    except ValueError:
        return Ended(-9, why)
    if "error" in content:
        return Ended(127, f"cannot be started: {content['error']}")
    return Ended(int(content["code"]), why if int(content["code"]) != 0 else "")
