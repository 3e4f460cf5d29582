"""Workers and commands killed at random moments, through the command line: does anything get lost or change?

    python -m benchmarks.kills [--pairs 200] [--kills 25] [--workers 3] [--seed 0] [--engine ray]
        [--keep DIR]

Short clips are written as in `benchmarks.soak`, and `evalkit run` makes and scores them with two methods: once with one
worker, without disturbance, and then with several. Of these every kill hits, at a random moment, one worker (two times
of three) or the command alone, whose workers have to end by themselves; a killed command is given again. When a run
ends before all kills are spent, its summaries are compared, and it begins anew in an empty folder. With `--engine ray`
the workers are those of a cluster of two nodes, processes of this machine, which stays while commands come and go.

Prints a Markdown table; exit code 1 when a summary differs, a finished pair was made again, or a worker outlived its
command by more than two seconds.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.ray_nodes import actors, ray_nodes
from benchmarks.soak import PROTOCOL, Run, Workers, make_clips

METHODS = ("copy_source", "copy_driving")


@dataclass
class Count:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    different: int = 0
    repeated: int = 0
    orphans: int = 0
    set_aside: int = 0
    lost: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--keep", type=Path, help="work here, and leave it")
    asked = parser.parse_args()
    root = asked.keep.resolve() if asked.keep else Path(tempfile.mkdtemp(prefix="kills"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        with ray_nodes(2, asked.workers) if asked.engine == "ray" else nullcontext() as address:
            workers = Workers(asked.workers, address)
            return report(disturb(root, asked.pairs, asked.kills, workers, random.Random(asked.seed)))
    finally:
        if not asked.keep:
            shutil.rmtree(root)


def report(count: Count) -> int:
    print("| what | figure |\n|---|---:|")
    print(f"| kills of a worker, of a command | {count.kills['worker']}, {count.kills['command']} |")
    print(f"| runs that came to their end | {count.rounds} |")
    print(f"| summaries that differ from those of one undisturbed worker | {count.different} |")
    print(f"| finished pairs that were made again | {count.repeated} |")
    print(f"| tasks that kills of workers cost | {count.lost} |")
    print(f"| pairs that two kills hit and the next command made | {count.set_aside} |")
    print(f"| workers that outlived their command by two seconds | {count.orphans} |")
    return 1 if count.different or count.repeated or count.orphans else 0


def disturb(root: Path, pairs: int, kills: int, workers: Workers, chance: random.Random) -> Count:
    make_clips(root / "clips", pairs, chance, damaged=0)
    (root / "soak.yaml").write_text(PROTOCOL)
    whole = several(Run(root, "whole", Workers(1)))
    whole.finish()
    expected, count = summaries(whole), Count()
    while sum(count.kills.values()) < kills:
        run = several(Run(root, "killed", workers))
        shutil.rmtree(run.out, ignore_errors=True)
        shutil.rmtree(run.cache, ignore_errors=True)
        finished: dict[Path, int] = {}
        while not kill_until_it_ends(run, kills, count, chance, finished):
            pass
        if failed := [name for text in summaries(run).values() for name in json.loads(text)["pairs"]["failed"]]:
            count.set_aside += len(failed)
            run.finish()
        count.rounds += 1
        count.different += sum(summaries(run)[name] != expected[name] for name in METHODS)
        count.repeated += sum(path.stat().st_mtime_ns != stamp for path, stamp in finished.items())
        logs = [(folder / "log.jsonl").read_text() for folder in folders(run).values()]
        count.lost += sum(log.count('"worker_lost"') for log in logs)
    return count


def several(run: Run) -> Run:
    run.command += ["-M", *METHODS[1:]]
    return run


def folders(run: Run) -> dict[str, Path]:
    return {name: run.folder.parent / name for name in METHODS}


def summaries(run: Run) -> dict[str, bytes]:
    return {name: (folder / "summary.json").read_bytes() for name, folder in folders(run).items()}


def kill_until_it_ends(run: Run, kills: int, count: Count, chance: random.Random, finished: dict[Path, int]) -> bool:
    """Give the command and kill something now and then; whether it came to its end."""
    process = run.start()
    while True:
        kind = chance.choice(["worker", "worker", "command"])
        while kind == "worker" and not workers_of(process.pid) and process.poll() is None:
            time.sleep(0.1)  # a worker is hit when there are some, a command at any time
        try:
            process.communicate(timeout=chance.uniform(0.5, 8))
            if process.returncode:
                raise SystemExit(f"{run.command} ended with {process.returncode}")
            return True
        except subprocess.TimeoutExpired:
            pass
        found = workers_of(process.pid)
        if sum(count.kills.values()) >= kills or (kind == "worker" and not found):
            continue
        count.kills[kind] += 1
        if kind == "worker":
            signal_kill(chance.choice(found))
            continue
        for path in run.folder.parent.glob("*/pairs/[!.]*.parquet"):
            finished.setdefault(path, path.stat().st_mtime_ns)
        process.kill()
        process.communicate()
        time.sleep(2)
        count.orphans += sum(Path("/proc", str(worker)).exists() for worker in found)
        return False


def workers_of(command: int) -> list[int]:
    """Children of the command, or actors; one cluster serves one command at a time here."""
    told = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(command)], capture_output=True, text=True)
    lines = [line.split(None, 1) for line in told.stdout.splitlines()]
    return [int(pid) for pid, arguments in lines if "spawn_main" in arguments] or actors()


def signal_kill(process: int) -> None:
    subprocess.run(["kill", "-KILL", str(process)], check=False, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
