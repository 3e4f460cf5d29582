"""Time and memory of the commands that read runs, on runs of many pairs whose records are made up.

    OMP_NUM_THREADS=1 python -m benchmarks.many_pairs [--pairs 100000] [--frames 8] [--methods 2] [--keep DIR]

`benchmarks.made_up_runs` writes the runs. Each command runs in a process of its own, whose processor seconds, seconds
by the clock and peak memory are printed as a Markdown table. Exit code 1 when one is beyond a limit.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, BYTES = 10.0, 1e9
"""What is wanted of each command, of the processor and of memory."""
VERDICTS = (0, 1, 3)
"""Exit codes of commands that did their work: a gate says by them what it found."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--methods", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="commands to measure, by name")
    parser.add_argument("--keep", type=Path, help="write the runs here, or find them here, and leave them")
    asked = parser.parse_args()
    root = asked.keep.resolve() if asked.keep else Path(tempfile.mkdtemp(prefix="many_pairs"))
    runs = [root / "runs" / f"m{number}" for number in range(asked.methods)]
    try:
        if not runs[-1].is_dir():
            numbers = ["--pairs", str(asked.pairs), "--frames", str(asked.frames), "--methods", str(asked.methods)]
            write = [sys.executable, "-m", "benchmarks.made_up_runs", str(root / "runs"), *numbers]
            subprocess.run(write, check=True)
        print(f"{asked.pairs} pairs of {asked.frames} frames, {asked.methods} methods; ", end="")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
        print("| command | processor | by the clock | peak memory | within both limits |\n|---|---:|---:|---:|---|")
        wanted = {name: one for name, one in commands(runs, root).items() if not asked.only or name in asked.only}
        met = [row(name, command) for name, command in wanted.items()]
        return 0 if all(met) else 1
    finally:
        if not asked.keep:
            shutil.rmtree(root)


def commands(runs: list[Path], root: Path) -> dict[str, list[str]]:
    """By name: what is run."""
    evalkit, names = [sys.executable, "-m", "evalkit"], [str(run) for run in runs]
    read = f"run = __import__('evalkit').read_run({names[0]!r}); run.failures; run.worst(); run.to_pandas('clips')"
    return {
        "table": [*evalkit, "table", *names],
        "report": [*evalkit, "report", *names, "--media", "none", "--out", str(root / "report")],
        "gate": [*evalkit, "gate", "--baseline", names[0], "--candidate", names[-1], "--quiet"],
        "status": [*evalkit, "status", *names],
        "read_run": [sys.executable, "-c", read],
        "read_run, frames": [sys.executable, "-c", f"__import__('evalkit').read_run({names[0]!r}).to_pandas('frames')"],
    }


def row(name: str, command: list[str]) -> bool:
    """Measure a command and print its row; whether it stays within the limits."""
    began = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    # This process imports next to nothing: Linux counts the memory of whoever starts a process as its first peak.
    _, status, used = os.wait4(os.posix_spawn(command[0], command, os.environ, file_actions=silent), 0)
    clock, spent, peak = time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    ended = os.waitstatus_to_exitcode(status)
    fine = spent <= SECONDS and peak <= BYTES and ended in VERDICTS
    word = "yes" if fine else "**no**" if ended in VERDICTS else f"ended with {ended}"
    print(f"| {name} | {spent:.1f} s | {clock:.1f} s | {peak / 1e6:.0f} MB | {word} |", flush=True)
    return fine


if __name__ == "__main__":
    sys.exit(main())
