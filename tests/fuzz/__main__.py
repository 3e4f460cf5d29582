"""`python -m tests.fuzz --inputs 100000`: more inputs than the suite runs. Ends with 1 when a reader misbehaved."""

import argparse
import multiprocessing
import sys
from pathlib import Path

from tests.fuzz.run import lines, part, together


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers with this in their name")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the inputs of findings to this folder")
    options = parser.parse_args()
    size = -(-options.inputs // options.processes)
    shares = [range(begin, min(begin + size, options.inputs)) for begin in range(0, options.inputs, size)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        tally = together(pool.starmap(part, [(share, options.seed, options.only) for share in shares]))
    for found in tally.found if options.keep else ():
        options.keep.mkdir(parents=True, exist_ok=True)
        (options.keep / f"{found.reader.replace(' ', '_')}-{found.number}").write_bytes(found.content)
    sys.stdout.write("\n".join(lines(tally)) + "\n")
    return bool(tally.found)


if __name__ == "__main__":
    sys.exit(main())
