"""Draw changes, run them, count: the share that is noticed, by room."""

import itertools
import multiprocessing
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.belonging import near
from tests.mutation.changes import Change, changes
from tests.mutation.trial import ROOT, Tree, copy_tree, import_libraries

ROOMS = ("metrics", "gating", "statistics", "protocol", "records", "clips")
EQUIVALENT = Path(__file__).parent / "equivalent.yaml"


@dataclass(frozen=True)
class Equivalent:
    """Changes of a file that no input tells apart: the lines of their `diff`, as `Change.diff` gives them, and why."""

    file: str
    diff: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Result:
    """`noticed` says by which tests ("near", "all"); None when none did."""

    change: Change
    noticed: str | None


def equivalents() -> list[Equivalent]:
    """What `equivalent.yaml` lists."""
    rows = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return [Equivalent(row["file"], tuple(row["diff"].splitlines()), row["reason"]) for row in rows]


def all_changes(places: Sequence[str]) -> list[Change]:
    """Every change of rooms ("gating") and files ("evalkit/gating/rules.py")."""
    files = [path for place in places for path in _modules(place)]
    return [change for path in files for change in changes(path, (ROOT / path).read_text(encoding="utf-8"))]


def candidates(places: Sequence[str], sample: int, seed: int, thorough: bool = True) -> list[Change]:
    """`sample` changes drawn at random, without those that are equivalent.

    Without `thorough` only of modules that have tests of their name, which are then all that is run.
    """
    listed = {(row.file, row.diff) for row in equivalents()}
    found = [change for change in all_changes(places) if (str(change.path), tuple(change.diff())) not in listed]
    if not thorough:
        found = [change for change in found if near(ROOT, change.path)]
    random.Random(seed).shuffle(found)
    return list(itertools.islice((change for change in found if change.is_one), sample))


def measure(drawn: Sequence[Change], jobs: int = 1, thorough: bool = True) -> Iterator[Result]:
    """Run every change, each in one of `jobs` copies of the tree. Without `thorough` only against the nearest tests."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        context = multiprocessing.get_context("fork")
        numbers = context.Queue()
        for number in range(jobs):
            numbers.put(number)
        # Not a `Pool`: its workers may not have children that have children.
        with ProcessPoolExecutor(jobs, context, _start, (Path(folder), numbers)) as pool:
            # Changes of one file together, for a copy measures the time of its tests once.
            groups: dict[Path, list[Change]] = {}
            for change in drawn:
                groups.setdefault(change.path, []).append(change)
            running = [pool.submit(_try, group, thorough) for group in groups.values()]
            for future in as_completed(running):
                yield from future.result()


def table(results: Sequence[Result]) -> str:
    """The share that is noticed, by room."""
    rows: dict[str, list[bool]] = {}
    for result in results:
        rows.setdefault(result.change.path.parts[1], []).append(result.noticed is not None)
    every = [noticed for row in rows.values() for noticed in row]
    lines = [f"{'room':12} changes noticed share"]
    for name, row in [*sorted(rows.items()), ("all", every)]:
        lines.append(f"{name:12} {len(row):7} {sum(row):7} {sum(row) / max(len(row), 1):5.1%}")
    return "\n".join(lines)


def _modules(place: str) -> list[Path]:
    if place.endswith(".py"):
        return [Path(place)]
    folder = ROOT / "evalkit" / place
    if not folder.is_dir():
        raise SystemExit(f"{place!r} is neither a file nor a room of evalkit")
    return sorted(path.relative_to(ROOT) for path in folder.rglob("*.py"))


_tree: list[Tree] = []
"""The copy of this worker process."""


def _start(folder: Path, numbers: "multiprocessing.Queue[int]") -> None:
    import_libraries()
    target = folder / str(numbers.get())
    shutil.rmtree(target, ignore_errors=True)
    _tree.append(copy_tree(target))


def _try(drawn: Sequence[Change], thorough: bool) -> list[Result]:
    return [Result(change, _tree[0].notices(change, thorough)) for change in drawn]
