"""A discrete-event model of a run on many GPUs, held against real runs with one and two workers.

    OMP_NUM_THREADS=1 python -m benchmarks.cluster_model check [--pairs 8] [--learn 4] [--metric ...]
    python -m benchmarks.cluster_model predict [--gpus 8 64 512] [--fps 25] [--cpus 8] [--first 0.358] [--again 0.217]

check: a run of `--learn` pairs gives the costs of a frame and of a process; the model then predicts runs of `--pairs`
pairs with one and with two workers, which are run as well. Seconds are of the processor (the clock of the stages is
replaced by it), so that others at work on the machine change little: of the whole command, and of the busiest process.

predict: hours for the test set of VoxCeleb, 525 clips with 132,606 frames, and 20 methods. What no GPU was at hand to
measure is an option: frames per second of a method, seconds to load one. `--first` and `--again` are processor seconds
to score a frame, of the first method on a clip and of the next ones, whose driving features are kept.
"""

import argparse
import csv
import heapq
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evalkit.datasets.demo import corpus_root
from evalkit.metrics.frechet import moments
from evalkit.records.all_outcomes import read_outcomes
from evalkit.records.run_folder import RunFolder
from evalkit.records.trace import Span, read_spans

ROOT = Path(__file__).resolve().parents[1]
CLIPS, FRAMES, METHODS = 525, 132_606, 20
"""VoxCeleb's test clips as the FOMM line cuts them, their frames, and how many methods."""
LISTED = ROOT / "protocols" / "vox_cross.csv"
"""Names of real clips, which hold their first and last frame."""
BLOCK = 4096
"""Rows that the Fréchet distance takes at a time."""
CHECKED = ("copy_source", "copy_driving", "landmark_warp")
"""Of the check: the anchors of the protocol run with every method."""


@dataclass(frozen=True)
class Costs:
    """Seconds, but for `bytes_per_frame` of a generated clip.

    Of a worker: to load a method, to make a frame, to score one (`first`: the driving features are not there yet), and
    `warm`, what the first pair that a process scores costs more. Of the command: to hand out a task and take its
    answer, and to finish a method.
    """

    load: float
    make: float
    first: float
    again: float
    warm: float = 0.0
    task: float = 0.0
    end: float = 0.0
    bytes_per_frame: float = 0.0


@dataclass(frozen=True)
class Cluster:
    """`makers` make clips and `scorers` score them; without scorers the makers do both. Bytes go through one pipe."""

    makers: int
    scorers: int = 0
    bytes_per_s: float = float("inf")


@dataclass
class Outcome:
    """Seconds until the end, and of work: by its kind ("making", "scoring", "files", "command") and by worker."""

    seconds: float = 0.0
    busy: Counter[str] = field(default_factory=Counter)
    workers: Counter[int] = field(default_factory=Counter)

    def shares(self, cluster: Cluster) -> dict[str, float]:
        """How much of the time each kind of worker, the files and the command were at work."""
        servers = {"making": cluster.makers, "scoring": cluster.scorers or cluster.makers, "files": 1, "command": 1}
        return {kind: self.busy[kind] / (count * self.seconds) for kind, count in servers.items()}


def simulate(lengths: Sequence[int], methods: int, costs: Costs, cluster: Cluster) -> Outcome:
    """All clips by all methods, as `evalkit.runs.engine.dispatch` gives them out.

    A worker stays with a method while it has pairs, then goes where the fewest work; scoring comes before making. Files
    and the command serve one at a time, in the order of asking.
    """
    found, free = Outcome(), Counter[str]()
    unmade = [deque(range(len(lengths))) for _ in range(methods)]
    left = [len(lengths)] * methods
    unscored: deque[tuple[int, int]] = deque()
    known, warm, at = set[int](), set[int](), dict[int, int]()
    makers = range(cluster.makers)
    scorers = range(cluster.makers, cluster.makers + cluster.scorers) if cluster.scorers else makers
    # Moment, worker, and what it brings: (method, clip, whether it is scored), or nothing.
    events: list[tuple[float, int, tuple[int, int, bool] | None]] = [(0.0, w, None) for w in {*makers, *scorers}]
    heapq.heapify(events)
    idle = set[int]()

    def serve(what: str, moment: float, seconds: float) -> float:
        free[what] = max(free[what], moment) + seconds
        found.busy[what] += seconds
        return free[what]

    def method_for(worker: int) -> int | None:
        if worker in at and unmade[at[worker]]:
            return at[worker]
        crowd = Counter(method for other, method in at.items() if other != worker)
        return min((m for m in range(methods) if unmade[m]), key=crowd.__getitem__, default=None)

    while events:
        now, worker, brought = heapq.heappop(events)
        if brought:
            method, clip, scored = brought
            left[method] -= scored
            now = serve("command", now, costs.task + (not left[method]) * costs.end)
            found.seconds = now
            if not scored:
                unscored.append((method, clip))
                woken = {other for other in idle if other in scorers}
                idle -= woken
                for other in woken:
                    heapq.heappush(events, (now, other, None))
        if worker in scorers and unscored:
            method, clip = unscored.popleft()
            spent = lengths[clip] * (costs.again if clip in known else costs.first) + costs.warm * (worker not in warm)
            known.add(clip)
            warm.add(worker)
            kind, task = "scoring", (method, clip, True)
        elif worker in makers and (chosen := method_for(worker)) is not None:
            clip = unmade[chosen].popleft()
            spent = lengths[clip] * costs.make + costs.load * (at.get(worker) != chosen)
            at[worker] = chosen
            kind, task = "making", (chosen, clip, False)
        else:
            idle.add(worker)
            continue
        found.busy[kind] += spent
        found.workers[worker] += spent
        read = serve("files", now, lengths[clip] * costs.bytes_per_frame / cluster.bytes_per_s)
        heapq.heappush(events, (read + spent, worker, task))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("check", "predict"))
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--learn", type=int, default=4)
    parser.add_argument("--metric", nargs="+", default=["l1", "lmd"])
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 64, 512])
    parser.add_argument("--cpus", type=int, default=8, help="scoring processes beside each GPU")
    parser.add_argument("--fps", type=float, default=25.0, help="frames that a method makes in a second")
    parser.add_argument("--load", type=float, default=10.0, help="seconds to load a method")
    parser.add_argument("--first", type=float, default=0.358)
    parser.add_argument("--again", type=float, default=0.217)
    parser.add_argument("--task", type=float, default=0.006, help="seconds of the command for a task")
    parser.add_argument("--end", type=float, help="seconds of the command for a finished method; default: measured")
    parser.add_argument("--kilobytes", type=float, default=80.0, help="of a generated frame, written and read")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="that the file system moves in a second")
    asked = parser.parse_args()
    {"check": check, "predict": predict}[asked.what](asked)


def predict(asked: argparse.Namespace) -> None:
    """Print a row for each number of GPUs."""
    end = seconds_of_sets() if asked.end is None else asked.end
    print(f"{end:.0f} s of the command for a finished method\n")
    costs = Costs(
        load=asked.load,
        make=1 / asked.fps,
        first=asked.first,
        again=asked.again,
        task=asked.task,
        end=end,
        bytes_per_frame=asked.kilobytes * 1e3,
    )
    lengths = clip_lengths()
    print("| GPUs | hours | GPU-hours | GPUs at work | scoring | files | command | bottleneck |")
    print("|---:|---:|---:|---:|---:|---:|---:|---|")
    for gpus in asked.gpus:
        cluster = Cluster(gpus, gpus * asked.cpus, asked.gigabytes * 1e9)
        found = simulate(lengths, METHODS, costs, cluster)
        shares = found.shares(cluster)
        cells = " | ".join(f"{share:.0%}" for share in shares.values())
        hours = found.seconds / 3600
        print(f"| {gpus} | {hours:.2f} | {hours * gpus:.1f} | {cells} | {max(shares, key=shares.__getitem__)} |")


def seconds_of_sets() -> float:
    """Processor seconds of FID's two sets of `FRAMES` rows when a method is finished, from a few blocks of rows."""
    rows = np.random.default_rng(0).normal(size=(4 * BLOCK, 2048)).astype(np.float32)
    took = []
    for blocks in (2, 4):
        began = time.process_time()
        moments(rows[: blocks * BLOCK])
        took.append(time.process_time() - began)
    return 2 * (took[1] - took[0]) / 2 * FRAMES / BLOCK


def clip_lengths() -> list[int]:
    """`CLIPS` lengths of real clips, drawn with a seed and brought to `FRAMES` in all."""
    with LISTED.open(encoding="utf-8") as file:
        names = [name for row in csv.DictReader(file) for name in (row["source"], row["driving"])]
    real = [int(last) - int(first) for first, last in (name.split("#")[2:4] for name in names)]
    drawn = random.Random(0).choices(real, k=CLIPS)
    return [max(1, round(length * FRAMES / sum(drawn))) for length in drawn]


@dataclass(frozen=True)
class Real:
    """A run: processor seconds of the command with its workers, and the tasks of each method with their frames."""

    seconds: float
    spans: Sequence[Sequence[Span]]
    frames: int

    @property
    def workers(self) -> Counter[str]:
        """Seconds at tasks, by worker."""
        found: Counter[str] = Counter()
        for span in (span for spans in self.spans for span in spans):
            found[span.worker] += spent(span)
        return found


def check(asked: argparse.Namespace) -> None:
    """Learn from small runs, predict larger ones, run these, and print both."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        few = max(1, asked.learn // 2)
        small, large, two = (real(work, n, w, asked.metric) for n, w in ((few, 1), (asked.learn, 1), (asked.learn, 2)))
        costs = learned(large)
        # What is no task, of one process: the start and the end of it all, and a part for each pair.
        beside = [one.seconds - sum(one.workers.values()) for one in (small, large)]
        tasks = 2 * len(CHECKED)
        per_task = max(0.0, (beside[1] - beside[0]) / (tasks * (asked.learn - few)))
        fixed = beside[0] - per_task * tasks * few
        per_worker = (two.seconds - sum(two.workers.values()) - beside[1]) / 2
        # Two at work take more of the processor for the same: they share its caches, and maybe a core.
        slowed = statistics.mean(map(spent, making(two))) / statistics.mean(map(spent, making(large)))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; learned from {asked.learn} pairs: {costs}")
        print(
            f"command {fixed:.2f} s and {per_task:.4f} s a task, {per_worker:.2f} s more for a worker's process; ",
            end="",
        )
        print(f"a task of one of two workers takes {slowed:.3f} times as long\n")
        print("| workers | seconds of | model | real | model / real |\n|---:|---|---:|---:|---:|")
        for workers in (1, 2):
            done = real(work, asked.pairs, workers, asked.metric)
            model = simulate([done.frames] * asked.pairs, len(CHECKED), costs, Cluster(workers))
            factor = slowed if workers > 1 else 1.0
            whole = fixed + per_task * tasks * asked.pairs + per_worker * (workers > 1) * workers
            rows = {
                "the command and its workers": (whole + factor * sum(model.workers.values()), done.seconds),
                "the busiest worker": (factor * max(model.workers.values()), max(done.workers.values())),
            }
            for what, (mine, its) in rows.items():
                print(f"| {workers} | {what} | {mine:.1f} | {its:.1f} | {mine / its:.3f} |", flush=True)


def learned(run: Real) -> Costs:
    """The costs of a worker, from a run with one process."""
    made = sum(spent(span) - span.stages.get("load method", 0.0) for span in making(run))
    scoring = [[span for span in spans if "scor" in span.task] for spans in run.spans]
    load = statistics.mean(sum(span.stages.get("load method", 0.0) for span in spans) for spans in run.spans)
    (start, *first), again = scoring[0], [span for spans in scoring[1:] for span in spans]
    per_first, per_again = (statistics.mean(map(spent, spans)) / run.frames for spans in (first, again))
    return Costs(
        load=load,
        make=made / len(making(run)) / run.frames,
        first=per_first,
        again=per_again,
        warm=spent(start) - per_first * run.frames,
    )


def making(run: Real) -> list[Span]:
    """The tasks that made clips."""
    return [span for spans in run.spans for span in spans if "scor" not in span.task]


def spent(span: Span) -> float:
    """Seconds of the processor that a task took."""
    return sum(span.stages.values())


def real(work: Path, pairs: int, workers: int, metrics: Sequence[str]) -> Real:
    """Run `CHECKED` on so many pairs, with no feature known."""
    place = work / f"{pairs}x{workers}"
    (place / "cache").mkdir(parents=True)
    corpus = corpus_root()
    (place / "cache" / corpus.name).symlink_to(corpus)
    (work / "sitecustomize.py").write_text("import time\ntime.perf_counter = time.process_time\n")
    named = [word for method in CHECKED for word in ("-M", method)] + [w for key in metrics for w in ("-m", key)]
    counts = ["--limit", str(pairs), "--workers", str(workers)]
    command = [sys.executable, "-m", "evalkit", "run", "-p", "demo_self", *named, *counts, "-o", str(place), "-q"]
    path = os.pathsep.join(filter(None, (str(work), os.environ.get("PYTHONPATH"))))
    variables = os.environ | {"EVALKIT_CACHE": str(place / "cache"), "PYTHONPATH": path}
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    _, status, used = os.wait4(os.posix_spawn(command[0], command, variables, file_actions=silent), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    folders = [RunFolder(place / "demo_self" / method) for method in CHECKED]
    frames = statistics.mean(one.frames for folder in folders for one in read_outcomes(folder).values())
    spans = sorted((read_spans(folder.trace) for folder in folders), key=lambda those: those[0].began)
    return Real(used.ru_utime + used.ru_stime, spans, round(frames))


if __name__ == "__main__":
    main()
