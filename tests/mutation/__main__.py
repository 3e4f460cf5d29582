"""`python -m tests.mutation [ROOM|FILE...] --sample N --seed N`: how many small changes the tests notice."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.score import ROOMS, candidates, measure, share, table

parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
parser.add_argument("places", nargs="*", default=list(ROOMS), help="rooms of evalkit, or files; six rooms without any")
parser.add_argument("--sample", type=int, default=100, help="how many changes, drawn at random")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--jobs", type=int, default=1, help="copies of the tree to work in at once")
parser.add_argument("--floor", type=float, default=0.0, help="exit with 1 when a smaller share is noticed")
parser.add_argument(
    "--near", action="store_true", help="only modules that have tests of their name, and only these tests"
)
parser.add_argument("--store", type=Path, metavar="FILE", help="keep results there; what was noticed is not run again")
parser.add_argument("--list", action="store_true", help="print the changes, and run nothing")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Exit code: 1 for a share below the floor, or of nothing."""
    options = parser.parse_args(arguments)
    drawn = candidates(options.places, options.sample, options.seed, not options.near)
    if options.list:
        say("\n".join(map(str, drawn)))
        return 0
    results = []
    for result in measure(drawn, options.jobs, not options.near, options.store):
        results.append(result)
        if result.noticed is None:
            say(f"[{len(results)}/{len(drawn)}] not noticed: {result.change}")
        elif len(results) % 20 == 0:
            say(f"[{len(results)}/{len(drawn)}]")
    say(table(results))
    return int(not results or share(results) < options.floor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
