"""The processes below one, and the memory they hold together (Linux, proc(5))."""

import contextlib
import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _RESIDENT = 1, 21
"""Fields of `stat` after the name: the parent's id, and resident pages."""


def resident_below(root: int) -> dict[int, int]:
    """The processes below `root` with the bytes that each holds, the root itself left out.

    Pages that several of them share are counted for each.
    """
    parents, pages = _processes()
    return {process: _PAGE * pages[process] for process in pages if _is_below(process, root, parents)}


def _processes() -> tuple[dict[int, int], dict[int, int]]:
    parents, pages = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[_PARENT])
            pages[int(entry.name)] = int(fields[_RESIDENT])
    return parents, pages


def _is_below(process: int, root: int, parents: dict[int, int]) -> bool:
    seen = set()
    while (process := parents.get(process, 0)) and process not in seen:
        if process == root:
            return True
        seen.add(process)
    return False
