"""Feed mutated inputs to all readers in turn, and say what went wrong."""

import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.readers import Reader, readers
from tests.fuzz.watch import Misbehaviour, behave


@dataclass(frozen=True)
class Found:
    """An input that a reader did not bear."""

    reader: str
    number: int
    what: str
    content: bytes


@dataclass
class Tally:
    """How many inputs each reader had, and how many of them it took."""

    given: Counter[str]
    taken: Counter[str]
    found: list[Found]


def fuzz(root: Path, inputs: Iterable[int], seed: int, only: str = "") -> Tally:
    """Run the inputs of these numbers over the readers (those with `only` in their name).

    Readers that matter more have more turns.
    """
    turns = [reader for reader in readers(root) if only in reader.name for _ in range(reader.weight)]
    tally = Tally(Counter(), Counter(), [])
    seen: Counter[tuple[str, str]] = Counter()
    for number in inputs:
        reader = turns[number % len(turns)]
        tally.given[reader.name] += 1
        content = one_input(reader, number, seed)
        try:
            reader.feed(content)
            tally.taken[reader.name] += behave(reader.read, root)
        except Misbehaviour as error:
            seen[reader.name, str(error)[:30]] += 1
            if seen[reader.name, str(error)[:30]] <= 3:
                tally.found.append(Found(reader.name, number, str(error), content))
    return tally


def part(inputs: range, seed: int, only: str) -> Tally:
    """The share of one process."""
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(Path(folder).resolve(), inputs, seed, only)


def together(tallies: Iterable[Tally]) -> Tally:
    """The sum of what several processes found."""
    whole = Tally(Counter(), Counter(), [])
    for tally in tallies:
        whole.given.update(tally.given)
        whole.taken.update(tally.taken)
        whole.found.extend(tally.found)
    return whole


def one_input(reader: Reader, number: int, seed: int) -> bytes:
    """The input of a turn, which depends on nothing but its number and the seed."""
    return reader.make(Random(zlib.crc32(f"{seed}:{number}:{reader.name}".encode())))


def lines(tally: Tally) -> Iterator[str]:
    """What is printed of it."""
    for name, count in sorted(tally.given.items()):
        yield f"{name}: {count} inputs, {tally.taken[name]} taken"
    for found in tally.found:
        yield f"{found.reader}, input {found.number}: {found.what}"
    yield f"{sum(tally.given.values())} inputs to {len(tally.given)} readers, {len(tally.found)} findings"
