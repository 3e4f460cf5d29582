"""Measure indexing: seconds and memory for a synthetic tree with many clips, per dataset.

    python benchmarks/index_datasets.py --clips 100000 --root /tmp/trees

Clips are empty files, or empty folders with `--folders`: indexing looks at names only. Needs nothing but evalkit.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evalkit.datasets import DATASETS

NAMES = {
    "voxceleb1": ("test", "id{person:05d}#abcdefghijk#{clip:06d}#{clip:06d}.mp4", range(10270, 10310)),
    "voxceleb2": ("test", "id00017#abcdefghi{person:02d}#{clip:06d}#{clip:06d}.mp4", range(40)),
    "celebv_hq": ("", "abcdefgh{person:03d}_{clip}.mp4", range(400)),
    "hdtf": ("", "WDA_Person{person}x{clip}_000.mp4", range(400)),
    "talkinghead_1kh": ("val/cropped_clips", "abcdefgh{person:03d}_0000_S{clip}_E9_L0_T0_R8_B8.mp4", range(400)),
    "folder": ("person", "{person:03d}_{clip:06d}.mp4", range(400)),
}


def build(dataset: str, root: Path, clips: int, folders: bool) -> None:
    """A tree with that many clips."""
    place, pattern, people = NAMES[dataset]
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(clips):
        path = folder / pattern.format(person=people[number % len(people)], clip=number)
        path.mkdir() if folders else path.touch()


def measure(dataset: str, root: Path) -> None:
    """Index once and print one line."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, clock = time.process_time(), time.perf_counter()
    found = DATASETS[dataset].index(root)
    seconds, waited = time.process_time() - start, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{dataset}: {len(found)} clips in {seconds:.2f} processor seconds ({waited:.2f} s by the clock), "
        f"peak {peak / 1024:.0f} MB ({before / 1024:.0f} MB before)"
    )


def main() -> None:
    """Build each tree, index it in a fresh process, remove it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--datasets", nargs="*", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--folders", action="store_true", help="clips are folders (of PNG), not files")
    parser.add_argument("--root", type=Path, default=None)
    parser.add_argument("--measure", nargs=2, metavar=("DATASET", "ROOT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure[0], Path(arguments.measure[1]))
        return
    for dataset in arguments.datasets:
        root = Path(tempfile.mkdtemp(prefix=f"{dataset}-", dir=arguments.root))
        build(dataset, root, arguments.clips, arguments.folders)
        subprocess.run([sys.executable, __file__, "--measure", dataset, str(root)], check=True)
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
