"""The parent of a foreign process tree, run as a script: `python warden.py SOCKET MEMORY_BYTES PROGRAM ARGUMENT...`

It is the subreaper of all that its program starts, so that what changes its session or loses its parent still is below
it (Linux, prctl(2)). When the program ends it says how on the socket; then, and when the other end of the socket is
closed (evalkit gives up, or was killed), everything below it is killed, again and again until nothing is left.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

_SET_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


def _below(root: int) -> list[int]:
    """Processes below `root`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name in brackets may hold spaces and brackets.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _end_all() -> None:
    while left := _below(os.getpid()):
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        _reap()
        select.select([], [], [], 0.005)


def main() -> None:
    """Run the program and end all that it leaves behind."""
    control = socket.socket(fileno=int(sys.argv[1]))
    memory = int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process_control = ctypes.CDLL(None).prctl
    process_control(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def limit() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        process_control(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

    try:
        program = subprocess.Popen(sys.argv[3:], start_new_session=True, preexec_fn=limit)
    except (OSError, ValueError) as error:
        control.sendall(json.dumps({"error": f"{sys.argv[3]}: {getattr(error, 'strerror', None) or error}"}).encode())
        return
    for handle in (0, 1):
        os.close(handle)
    ended = os.pidfd_open(program.pid)
    ready, _, _ = select.select([control.fileno(), ended], [], [])
    if ended in ready:
        with contextlib.suppress(OSError):
            control.sendall(json.dumps({"code": program.wait()}).encode())
    _end_all()


if __name__ == "__main__":
    main()
