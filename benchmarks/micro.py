"""Micro-benchmarks of decode, each extractor, each metric, the Fréchet distance and a table, held against a baseline.

    OMP_NUM_THREADS=1 python -m benchmarks.micro                                  # exit code 1 when something is slower
    OMP_NUM_THREADS=1 python -m benchmarks.micro -k "metric and ssim"             # whatever pytest takes
    OMP_NUM_THREADS=1 python -m benchmarks.micro --baseline new.json --save       # measure a baseline

pytest-benchmark runs `tests/runs/speed/test_micro.py` and keeps every turn; its own table has seconds. Compared are
ratios to the reference kernel that takes turns with each piece. What seems slower is measured a second time, and is
only if it is slower both times. Ratios differ between kinds of processors: benchmarks/micro.json names its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from evalkit.runs.speed.baseline import (
    SLOWER,
    Measurement,
    compare,
    measured,
    read_baseline,
    save_speed,
    slower_ones,
    speed_of,
)
from evalkit.runs.speed.measure import timing

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "benchmarks" / "micro.json"
TESTS = "tests/runs/speed/test_micro.py"
OPTIONS = ["-n", "0", "-m", "", "--benchmark-enable", "--benchmark-only", "--benchmark-timer=time.process_time"]
QUIET = ["-q", "--no-header", "--benchmark-sort=name", "--benchmark-columns=median,iqr,rounds"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--slower", type=float, default=SLOWER)
    parser.add_argument("--save", action="store_true", help="write the baseline instead of comparing with it")
    asked, rest = parser.parse_known_args()
    now = measure(rest)
    if asked.save:
        save_speed(asked.baseline, speed_of("cpu", now))
        return 0
    before = read_baseline(asked.baseline, "cpu")
    if suspects := slower_ones(compare(before.measurements, now, asked.slower)):
        now |= measure([f"{TESTS}::test_micro[{name}]" for name in suspects])
    changes = compare(before.measurements, now, asked.slower)
    print(f"\n{'work':42} {'kernels':>10} {'before':>10}  change")
    for one in changes:
        old = before.measurements.get(one.name)
        factor = "" if one.factor is None else f"x {one.factor:.2f} "
        print(f"{one.name:42} {now[one.name].ratio:10.4g} {old.ratio if old else 0:10.4g}  {factor}{one.state}")
    slow = slower_ones(changes)
    print(f"Slower than {asked.baseline} ({before.machine}): {', '.join(slow) or 'nothing'}.")
    return 1 if slow else 0


def measure(arguments: list[str]) -> dict[str, Measurement]:
    """By name, from what pytest-benchmark kept. Ends the program when a test failed."""
    paths = [] if any("::" in one for one in arguments) else [TESTS]
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.json"
        command = [sys.executable, "-m", "pytest", *paths, *arguments, *OPTIONS, *QUIET, f"--benchmark-json={kept}"]
        if code := subprocess.run(command, cwd=ROOT).returncode:
            sys.exit(code)
        return measurements(json.loads(kept.read_text(encoding="utf-8")))


def measurements(kept: dict) -> dict[str, Measurement]:
    """By name, from the JSON of pytest-benchmark."""
    return {one["params"]["name"]: measurement(one["stats"]["data"], **one["extra_info"]) for one in kept["benchmarks"]}


def measurement(turns: list[float], work: str, units: int, runs: int, kernels: list[float]) -> Measurement:
    """Of the seconds of each turn, which is so many runs, and of the kernel before the first and after each."""
    return measured(work, units, timing([seconds / runs for seconds in turns], kernels))


if __name__ == "__main__":
    sys.exit(main())
