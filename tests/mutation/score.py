"""Draw changes, run them, count: the share that is noticed, by room."""

import collections
import hashlib
import itertools
import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.belonging import near
from tests.mutation.changes import Change, changes
from tests.mutation.trial import ROOT, Stage, Tree, copy_tree, import_libraries

ROOMS = ("metrics", "gating", "statistics", "protocol", "records", "clips")
EQUIVALENT = Path(__file__).parent / "equivalent.yaml"


@dataclass(frozen=True)
class Equivalent:
    """Changes of a file that no input tells apart: the lines of their `diff`, as `Change.diff` gives them, and why.

    The file has `times` changes with these lines, all of which are meant.
    """

    file: str
    diff: tuple[str, ...]
    reason: str
    times: int = 1


EQUIVALENTLY = "equivalent"


@dataclass(frozen=True)
class Result:
    """`noticed` says by which tests ("near", "all"), or "equivalent" for a change that is listed; None for neither."""

    change: Change
    noticed: str | None


def equivalents() -> list[Equivalent]:
    """What `equivalent.yaml` lists."""
    rows = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return [Equivalent(**{**row, "diff": tuple(row["diff"].splitlines())}) for row in rows]


def all_changes(places: Sequence[str]) -> list[Change]:
    """Every change of rooms ("gating") and files ("evalkit/gating/rules.py")."""
    files = [path for place in places for path in _modules(place)]
    return [change for path in files for change in changes(path, (ROOT / path).read_text(encoding="utf-8"))]


def candidates(places: Sequence[str], sample: int, seed: int, thorough: bool = True) -> list[Change]:
    """`sample` changes drawn at random; with `thorough` false only of modules that have tests of their name.

    A change has its lot by what it is, not by its place in a list: other changes of the code, and rows of
    `equivalent.yaml`, leave most of a sample as it was.
    """
    found = all_changes(places)
    if not thorough:
        found = [change for change in found if near(ROOT, change.path)]
    seen: collections.Counter[tuple[str, ...]] = collections.Counter()
    lots = []
    for change in found:
        same = (str(change.path), *change.diff())
        seen[same] += 1
        lots.append((hashlib.sha256(repr((seed, same, seen[same])).encode()).hexdigest(), change))
    ordered = (change for _, change in sorted(lots, key=lambda lot: lot[0]))
    return list(itertools.islice((change for change in ordered if change.is_one), sample))


def measure(
    drawn: Sequence[Change], jobs: int = 1, thorough: bool = True, store: Path | None = None
) -> Iterator[Result]:
    """Run every change, each in one of `jobs` copies of the tree. Without `thorough` only against the nearest tests.

    The nearest tests come first for all of them, since they are quick. A change that is listed as equivalent is not
    run. `store` is a file that takes a line for each change as soon as a test noticed it, or none did; those that it
    says were noticed are not run again, so that a check which was stopped goes on.
    """
    known = _stored(store)
    listed = {(row.file, row.diff) for row in equivalents()}
    left = []
    for change in drawn:
        if (str(change.path), tuple(change.diff())) in listed:
            yield Result(change, EQUIVALENTLY)
        elif _key(change) in known:
            yield Result(change, known[_key(change)])
        else:
            left.append(change)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        context = multiprocessing.get_context("fork")
        numbers = context.Queue()
        for number in range(jobs):
            numbers.put(number)
        # Not a `Pool`: its workers may not have children that have children.
        with ProcessPoolExecutor(jobs, context, _start, (Path(folder), numbers)) as pool:
            stages: list[Stage] = ["near", "all"] if thorough else ["near"]
            for stage in stages:
                running = [pool.submit(_try, group, stage, store) for group in _by_file(left)]
                left = []
                for future in as_completed(running):
                    results = future.result()
                    yield from (one for one in results if one.noticed or stage == stages[-1])
                    left += [one.change for one in results if not one.noticed]


def _by_file(drawn: Sequence[Change]) -> list[list[Change]]:
    """Changes of one file together, for a copy measures the time of its tests once."""
    groups: dict[Path, list[Change]] = {}
    for change in drawn:
        groups.setdefault(change.path, []).append(change)
    return list(groups.values())


def _key(change: Change) -> str:
    return hashlib.sha256(f"{change.path}\0{change.after}".encode()).hexdigest()


def _stored(store: Path | None) -> dict[str, str]:
    if store is None or not store.exists():
        return {}
    rows = [json.loads(line) for line in store.read_text(encoding="utf-8").splitlines()]
    return {row["key"]: row["noticed"] for row in rows if row["noticed"]}


def table(results: Sequence[Result]) -> str:
    """How many changes are equivalent, noticed and missed, and the share that is noticed of the others, by room."""
    rows: dict[str, list[Result]] = {}
    for result in results:
        rows.setdefault(result.change.path.parts[1], []).append(result)
    lines = [f"{'room':12} changes equivalent noticed missed  share"]
    for name, row in [*sorted(rows.items()), ("all", list(results))]:
        equal = sum(result.noticed == EQUIVALENTLY for result in row)
        missed = sum(result.noticed is None for result in row)
        lines.append(
            f"{name:12} {len(row):7} {equal:10} {len(row) - equal - missed:7} {missed:6} {share(row):6.1%}".rstrip()
        )
    return "\n".join(lines)


def share(results: Sequence[Result]) -> float:
    """The share of the changes that are not equivalent which is noticed; 0 of none."""
    real = [result.noticed is not None for result in results if result.noticed != EQUIVALENTLY]
    return sum(real) / max(len(real), 1)


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


def _try(drawn: Sequence[Change], stage: Stage, store: Path | None) -> list[Result]:
    results = []
    for change in drawn:
        noticed = stage if _tree[0].notices(change, stage) else None
        results.append(Result(change, noticed))
        if store is not None:
            row = {"key": _key(change), "stage": stage, "noticed": noticed, "change": str(change)}
            with store.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    return results
