"""A long run with damaged clips, kills at random moments and flipped bits: does anything get lost or change?

    python -m benchmarks.soak [--pairs 2000] [--kills 40] [--flips 100] [--seed 0] [--workers 2] [--engine ray]
        [--keep DIR]

One clip per pair is written (64x64, 8 frames, H.264), 5 % of them damaged in turn in the ways of `DAMAGE`. Then:

1. whole: `evalkit run` (copy_source; L1, PSNR, SSIM) from an empty cache to its end. Every good pair must be scored,
   every damaged clip listed with a reason. Resident memory of all its processes is noted as the pairs go by.
2. kills: the same command from an empty cache in another folder, with SIGKILL for the whole process group at random
   moments, again and again. The summary must be that of the whole run, byte for byte.
3. cache: a bit of half of all files of the cache is flipped, and a run into an empty folder takes its features from
   there. The summary must be the same bytes.
4. flips: one bit of a random file of the run's folder is flipped, and the same command is given once more. The summary
   must be the same bytes again, or the command must name the damaged file. Generated clips of scored pairs are left
   out: that command need not read them.

With `--engine ray` all of that is done on a cluster of two nodes, processes of this machine, and the whole run has to
have the summary of one that a single process makes.

Prints a Markdown table; exit code 1 when a pair was lost, a number changed, or damage went without a word.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from benchmarks.ray_nodes import actors, ray_nodes

SIDE, FRAMES = 64, 8
DAMAGED = 20
"""One clip of this many is damaged."""
PROTOCOL = f"""id: soak
title: Soak
task: self_reenactment
dataset: folder
pairs: {{rule: first_frame_self}}
resolution: {SIDE}
metrics: [l1, psnr, ssim]
"""


def cut_off(path: Path, _: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, _: random.Random) -> None:
    path.write_bytes(b"")


def text(path: Path, _: random.Random) -> None:
    path.write_text("404: not found\n")


def zeros(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content) // 4, len(content) // 2)
    content[start : start + 400] = bytes(400)
    path.write_bytes(content)


def noise(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(path.stat().st_size))


def dangling_link(path: Path, _: random.Random) -> None:
    path.unlink()
    path.symlink_to("nowhere.mp4")


def pipe(path: Path, _: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path, _: random.Random) -> None:
    path.unlink()
    frames = path.with_suffix("")  # the name of a folder is whole in an id
    frames.mkdir()
    for number in range(FRAMES):
        (frames / f"{number:04d}.png").write_bytes(b"not a picture")


DAMAGE: tuple[Callable[[Path, random.Random], None], ...] = (
    *(cut_off, empty, text, zeros, noise),
    *(dangling_link, pipe, folder),
)


@dataclass
class Memory:
    """Resident memory (bytes) of a process with all its children, and pairs finished, sampled while it runs."""

    samples: list[tuple[int, int]] = field(default_factory=list)

    def watch(self, process: subprocess.Popen[str], pairs: Path) -> None:
        while process.poll() is None:
            # All its processes are of the session that it leads, or of Ray.
            those = ["-s", str(process.pid), *(part for one in actors() for part in ("-p", str(one)))]
            told = subprocess.run(["ps", "-o", "rss=", *those], capture_output=True, text=True)
            done = sum(1 for _ in pairs.glob("*.json")) if pairs.is_dir() else 0
            self.samples.append((done, 1024 * sum(map(int, told.stdout.split()))))
            time.sleep(1)

    def between(self, low: int, high: int) -> float:
        """The median over samples with that many pairs finished; NaN for none."""
        found = [resident for done, resident in self.samples if low <= done < high]
        return float(np.median(found)) if found else float("nan")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--keep", type=Path, help="work here, and leave it")
    asked = parser.parse_args()
    root = asked.keep.resolve() if asked.keep else Path(tempfile.mkdtemp(prefix="soak"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        with ray_nodes(2, asked.workers) if asked.engine == "ray" else nullcontext() as address:
            workers = Workers(asked.workers, address)
            return soak(root, asked.pairs, asked.kills, asked.flips, workers, random.Random(asked.seed))
    finally:
        if not asked.keep:
            shutil.rmtree(root)


@dataclass(frozen=True)
class Workers:
    """How many, and the Ray cluster they are on; None for processes of the command."""

    count: int
    address: str | None = None

    def options(self) -> tuple[str, ...]:
        ray = ("--engine", "ray", "--address", self.address) if self.address else ()
        return ("--workers", str(self.count), *ray)


def soak(root: Path, pairs: int, kills: int, flips: int, workers: Workers, chance: random.Random) -> int:
    damaged = make_clips(root / "clips", pairs, chance, pairs // DAMAGED)
    (root / "soak.yaml").write_text(PROTOCOL)
    memory, whole = Memory(), Run(root, "whole", workers)
    began = time.monotonic()
    finished = whole.finish(memory)
    seconds = time.monotonic() - began
    missing, unlisted = lost(whole, pairs, damaged)
    print("| what | figure |\n|---|---:|")
    print(f"| pairs, of which damaged | {pairs}, {len(damaged)} |")
    print(f"| good pairs without a score | {len(missing)} |")
    print(f"| damaged clips without a reason | {len(unlisted)} |")
    early, late = memory.between(pairs // 10, pairs // 4), memory.between(3 * pairs // 4, pairs)
    print(f"| resident memory of all processes, last quarter against 10-25 % | {late / early:.2f}x |", flush=True)

    alike = True
    if workers.address:
        local = Run(root, "local", Workers(1))
        local.finish()
        alike = local.summary() == whole.summary()
        print(f"| summary differs from that of one process | {int(not alike)} of 1 |", flush=True)

    broken = Run(root, "killed", workers)
    survived = kill(broken, kills, seconds, chance)
    broken.finish()
    unbroken = broken.summary() == whole.summary()
    print(f"| kills of a run in progress | {survived} |")
    print(f"| runs whose summary differs afterwards | {int(not unbroken)} of 1 |", flush=True)

    spoiled = spoil_cache(broken, chance)
    shutil.rmtree(broken.out)
    broken.finish()
    same = broken.summary() == whole.summary()
    print(f"| files of the cache with a flipped bit | {spoiled} |")
    print(f"| runs over that cache whose summary differs | {int(not same)} of 1 |", flush=True)

    outcome = [flip(broken, whole.summary(), chance) for _ in range(flips)]
    print(f"| flipped bits in a run folder | {flips} |")
    print(f"| ... file written anew with the bytes it had | {outcome.count('mended')} |")
    print(f"| ... command ends with a sentence that names the file | {outcome.count('named')} |")
    print(f"| ... same summary, file left as it is | {outcome.count('no effect')} |")
    print(f"| ... another summary, or an error that does not name the file | {outcome.count('changed')} |")
    fine = finished and not missing and not unlisted and alike and unbroken and same and "changed" not in outcome
    return 0 if fine else 1


class Run:
    """One run folder with its own cache, continued by the same command."""

    def __init__(self, root: Path, name: str, workers: Workers) -> None:
        self.out, self.cache = root / name, root / f"{name}_cache"
        self.folder = self.out / "soak" / "copy_source"
        self.command = [
            *(sys.executable, "-m", "evalkit", "run", "-p", str(root / "soak.yaml"), "-M", "copy_source"),
            *("-d", str(root / "clips"), "-o", str(self.out), *workers.options()),
        ]

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command,
            env={**os.environ, "EVALKIT_CACHE": str(self.cache)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, memory: Memory | None = None) -> bool:
        """Run to the end; whether the exit code is 0."""
        process = self.start()
        if memory:
            threading.Thread(target=memory.watch, args=(process, self.folder / "pairs"), daemon=True).start()
        self.told = process.communicate()[1]
        return process.returncode == 0

    def summary(self) -> bytes:
        path = self.folder / "summary.json"
        return path.read_bytes() if path.exists() else b""


def make_clips(out: Path, count: int, chance: random.Random, damaged: int) -> set[str]:
    """Write the clips; the names of the damaged ones."""
    out.mkdir(exist_ok=True)
    chosen = set(chance.sample(range(count), damaged))
    for number in range(count):
        write_clip(out / f"c{number:05d}.mp4", number)
    for turn, number in enumerate(sorted(chosen)):
        DAMAGE[turn % len(DAMAGE)](out / f"c{number:05d}.mp4", chance)
    return {f"c{number:05d}" for number in chosen}


def write_clip(path: Path, seed: int) -> None:
    """Coloured blocks that slide along the diagonal."""
    blocks = np.random.default_rng(seed).integers(0, 256, (SIDE // 8 + 2, SIDE // 8 + 2, 3), dtype=np.uint8)
    large = np.kron(blocks, np.ones((8, 8, 1), np.uint8))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for shift in range(FRAMES):
            picture = np.ascontiguousarray(large[shift : shift + SIDE, shift : shift + SIDE])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def lost(run: Run, pairs: int, damaged: set[str]) -> tuple[set[str], set[str]]:
    """Good pairs without a score, and damaged clips that nothing is said of."""
    outcomes = [json.loads(path.read_text()) for path in (run.folder / "pairs").glob("*.json")]
    scored = {outcome["pair"] for outcome in outcomes if outcome["status"] == "ok"}
    listed = {outcome["pair"] for outcome in outcomes if outcome["reason"]}
    header = (run.folder / "run.json").read_text()
    good = {f"c{number:05d}" for number in range(pairs)} - damaged
    return good - scored, {name for name in damaged if name not in listed and name not in header}


def kill(run: Run, kills: int, seconds: float, chance: random.Random) -> int:
    """SIGKILL the run up to `kills` times before it is done; how often it was hit while it worked."""
    hit = 0
    for _ in range(kills):
        process = run.start()
        try:
            process.wait(timeout=chance.uniform(0.5, 2 * seconds / kills + 10))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            hit += 1
        process.communicate()
        if run.summary():
            shutil.rmtree(run.out)
            shutil.rmtree(run.cache)
    return hit


def flip(run: Run, expected: bytes, chance: random.Random) -> str:
    """Flip a bit, give the command again, and put the file back: mended, named, no effect or changed."""
    files = [path for path in filled(run.folder) if "generated" not in path.parts]
    path = chance.choice(files)
    before = path.read_bytes()
    flip_bit(path, chance)
    fine = run.finish()
    if not fine:
        outcome = "named" if path.name in run.told or path.stem in run.told else "changed"
    elif run.summary() != expected:
        outcome = "changed"
    else:
        outcome = "mended" if path.read_bytes() == before else "no effect"
    path.write_bytes(before)
    return outcome


def spoil_cache(run: Run, chance: random.Random) -> int:
    """Flip a bit in half of the files of the cache; how many that are."""
    files = filled(run.cache)
    chosen = chance.sample(files, len(files) // 2)
    for path in chosen:
        flip_bit(path, chance)
    return len(chosen)


def filled(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def flip_bit(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
