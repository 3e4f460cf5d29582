"""Score generated clips with eight metrics: evalkit against one public package or script after another.

    OMP_NUM_THREADS=1 python -m benchmarks.scoring --clips FOLDER [--count 8] [--frames 64] [--repeats 1] [--upsample 1]

Three jobs, each by either side in a process of its own that is measured whole: a first method (landmark_warp), a second
one on the same protocol (copy_driving), the first one's outputs again. The usual way keeps nothing, so each job costs
it the same: it does the first only, and that time is used for all. Sides take turns; medians over --repeats are shown,
of the processor (with all worker processes) and by the clock, and the values that both found. Networks that are not
here (Inception, AlexNet) are seeded random ones on both sides.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

METRICS = ("ssim", "psnr", "l1", "lpips", "fid", "csim[dlib]", "akd[dlib68]", "apd[landmark]")
METHODS = ("landmark_warp", "copy_driving")
NETWORKS = "BENCHMARK_NETWORKS"

if NETWORKS in os.environ:
    from benchmarks import random_networks

    random_networks.install(Path(os.environ[NETWORKS]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips with at least --frames frames")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="scoring processes of evalkit")
    parser.add_argument("--upsample", type=int, choices=(0, 1), default=1, help="of dlib's detector, the usual way")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        prepare(asked, work)
        measured = [measure(asked, work, repeat) for repeat in range(asked.repeats)]
        report(asked, measured)


def prepare(asked: argparse.Namespace, work: Path) -> None:
    """Clips, protocol, random networks, and the outputs of both methods."""
    (work / "clips").mkdir()
    for path in sorted(asked.clips.iterdir())[: asked.count]:
        shutil.copy(path, work / "clips")
    protocol = {
        "id": "bench", "title": "Benchmark", "task": "self_reenactment", "dataset": "folder", "resolution": 256,
        "pairs": {"rule": "first_frame_self"}, "driving": {"maximum": asked.frames}, "metrics": list(METRICS),
    }  # fmt: skip
    (work / "bench.yaml").write_text(yaml.safe_dump(protocol))
    (work / "networks").mkdir()
    code = "from benchmarks import random_networks; from pathlib import Path; import sys;"
    subprocess.run(
        [sys.executable, "-c", code + "random_networks.write(Path(sys.argv[1]))", work / "networks"], check=True
    )
    options = [option for method in METHODS for option in ("-M", method)]
    command = [sys.executable, "-m", "evalkit", "run", "-p", work / "bench.yaml", "-d", work / "clips", *options]
    environment = {**os.environ, "EVALKIT_CACHE": str(work / "made")}
    subprocess.run([*command, "-m", "l1", "-o", work / "made"], check=True, stdout=subprocess.DEVNULL, env=environment)


def measure(asked: argparse.Namespace, work: Path, repeat: int) -> dict[str, dict]:
    """One turn of either side. evalkit begins with an empty cache and keeps it for the second and third job."""
    cache = work / f"cache{repeat}"
    turn = {}
    for job, method in (("first method", METHODS[0]), ("second method", METHODS[1]), ("again", METHODS[0])):
        print(f"{repeat}: {job}", file=sys.stderr, flush=True)
        turn[f"evalkit, {job}"] = side(asked, work, "ours", method, cache, f"{job.replace(' ', '_')}{repeat}")
        if job == "first method":
            turn["usual"] = side(asked, work, "usual", method, cache, "")
    return turn


def side(asked: argparse.Namespace, work: Path, name: str, method: str, cache: Path, tag: str) -> dict:
    """Seconds of one process and its children, by the clock and of the processor, and what it printed."""
    arguments = [name, work, method, tag, asked.frames, asked.workers, asked.upsample]
    environment = {**os.environ, "EVALKIT_CACHE": str(cache), NETWORKS: str(work / "networks")}
    command = [sys.executable, "-m", "benchmarks.scoring", *map(str, arguments)]
    began, worked = time.perf_counter(), os.times()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    clock, now = time.perf_counter() - began, os.times()
    processor = now.children_user + now.children_system - worked.children_user - worked.children_system
    return {"clock": clock, "processor": processor, "found": json.loads(done.stdout.splitlines()[-1])}


def ours(work: Path, method: str, tag: str, frames: int, workers: int, upsample: int) -> None:
    from evalkit.protocol.schema import find_protocol
    from evalkit.runs.foreign_clips import find_outputs
    from evalkit.runs.run import score_outputs
    from evalkit.runs.session import RunSettings, open_session

    protocol = find_protocol(str(work / "bench.yaml"))
    settings = RunSettings(data=work / "clips", out=work / "runs", workers=workers)
    with open_session(protocol, settings) as session:
        outputs = find_outputs(work / "made" / "bench" / method / "generated", session.pairs)
        finished = score_outputs(session, outputs, method, tag)
    print(json.dumps({key: entry.value for key, entry in finished.summary.metrics.items()}))


def usual(work: Path, method: str, tag: str, frames: int, workers: int, upsample: int) -> None:
    from benchmarks.usual_way import Job, run

    clips = sorted((work / "clips").iterdir())
    made = work / "made" / "bench" / method / "generated"
    print(json.dumps(run([Job(made / f"{c.stem}.mkv", c, c, frames) for c in clips], work / "networks", upsample)))


def report(asked: argparse.Namespace, measured: list[dict[str, dict]]) -> None:
    print(
        f"{asked.count} clips x {asked.frames} frames, {asked.workers} worker(s), detector upsample {asked.upsample}, "
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {platform.processor() or platform.machine()}\n")
    print("| job | evalkit, processor | usual, processor | ratio | evalkit, clock | usual, clock | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for job in ("first method", "second method", "again"):
        cells = []
        for unit in ("processor", "clock"):
            one, other = (statistics.median(t[who][unit] for t in measured) for who in (f"evalkit, {job}", "usual"))
            ratios = [t["usual"][unit] / t[f"evalkit, {job}"][unit] for t in measured]
            cells.append(f"{one:.1f} s | {other:.1f} s | {statistics.median(ratios):.2f}")
        print(f"| {job} | {' | '.join(cells)} |")
    print("\n| script, first method | processor | evalkit's value | its value |\n|---|---:|---|---|")
    values = measured[0]["evalkit, first method"]["found"]
    for row in measured[0]["usual"]["found"]:
        pairs = [f"{key} {values[key]:.6g} | {value:.6g}" for key, value in row["values"].items()]
        for pair in pairs:
            print(f"| {row['script']} | {row['processor']:.1f} s | {pair} |")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("ours", "usual"):
        _, which, folder, method_name, tag_name, *numbers = sys.argv
        {"ours": ours, "usual": usual}[which](Path(folder), method_name, tag_name, *map(int, numbers))
    else:
        main()
