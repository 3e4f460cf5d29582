"""What the engine adds to its networks, and how time and memory grow with the number of clips.

    OMP_NUM_THREADS=1 python -m benchmarks.engine overhead --clips FOLDER [--frames 16] [--repeats 3]
    OMP_NUM_THREADS=1 python -m benchmarks.engine growth --clips FOLDER [--frames 8] [--times 1 4 16]

overhead: one pair is scored with LPIPS, FID, CSIM, AKD and APD from an empty cache, in turns with the bare forward
passes of the same networks (AlexNet, Inception, dlib's detector, landmarks and ResNet) on inputs that lie in memory.

growth: the clip that comes first in the folder is copied with another last pixel into as many clips as asked for, each
scored against itself with SSIM, FID and CSIM, from an empty cache, in a process of its own whose peak memory is noted.
Networks that are not here are seeded random ones. Seconds are of the processor.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import random_networks
from evalkit.clips import video
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer
from evalkit.scoring.score_sets import score_sets
from evalkit.types import Clip, Pair, Selection

SIDE = 256
NETWORKS = ("lpips", "fid", "csim[dlib]", "akd[dlib68]", "apd[landmark]")
GROWING = ("ssim", "fid", "csim[dlib]")
TARGET = 1.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "growth", "grown"))
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.what == "grown":
            grown(asked.clips, Path(name))
            return
        random_networks.write(Path(name))
        random_networks.install(Path(name))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {asked.frames} frames a clip\n")
        {"overhead": overhead, "growth": growth}[asked.what](asked, Path(name))


def overhead(asked: argparse.Namespace, work: Path) -> None:
    path = sorted(asked.clips.iterdir())[0]
    frames = np.concatenate(list(video.iter_frames(path, Selection(maximum=asked.frames, size=SIDE))))
    made = work / "made.mkv"
    video.write_video(made, [np.roll(frames, 1, axis=0)], 25)
    scoring, bare = scorer(NETWORKS, work / "warm", asked.frames), forwards(frames)

    def whole() -> None:
        score(scoring, path, made)
        score_sets(scoring, [made], [path])

    whole()
    ours, theirs = [], []
    for repeat in range(asked.repeats):
        scoring.bank.cache = FeatureCache(work / f"cold{repeat}")
        ours.append(seconds(whole))
        theirs.append(seconds(bare))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    print(f"engine {statistics.median(ours):.2f} s, bare networks {statistics.median(theirs):.2f} s")
    print(f"ratio {statistics.median(ratios):.3f} (target {TARGET}); each: {', '.join(f'{r:.3f}' for r in ratios)}")


def forwards(frames: np.ndarray) -> Callable[[], None]:
    """The forward passes that scoring two clips of these frames needs, on inputs made beforehand."""
    import dlib
    import torch

    from evalkit.extractors import inception_resize
    from evalkit.extractors.dlib68 import EXTRACTOR as LANDMARKS
    from evalkit.extractors.dlib128 import _chip
    from evalkit.extractors.dlib_models import LANDMARKS_68, RESNET_128, dlib_model
    from evalkit.extractors.dlib_resnet import face_resnet
    from evalkit.extractors.inception_network import InceptionFID, fuse
    from evalkit.extractors.inference import exact_inference
    from evalkit.extractors.lpips import head_file
    from evalkit.extractors.lpips_network import lpips_embedding

    last = torch.channels_last
    folder = Path(EXTRACTORS["inception"].load.args[0]).parent
    inception = fuse(InceptionFID().eval()).to(memory_format=last)
    perceptual = lpips_embedding("alex", folder / random_networks.ALEXNET, head_file("alex"))
    resnet = face_resnet(dlib_model(RESNET_128)).to(memory_format=last)
    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(dlib_model(LANDMARKS_68)))
    found = LANDMARKS.load()(frames, {})
    faces = np.flatnonzero(np.isfinite(found["box"]).all(axis=1))
    chips = np.stack([_chip(frames[i], found["box"][i], found["points"][i], 150) for i in faces])
    boxes = [dlib.rectangle(*(int(v) for v in found["box"][i])) for i in faces]
    planes = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    large = inception_resize.bilinear(frames).to(memory_format=last).split(8)
    small = (planes / 127.5 - 1).to(memory_format=last).split(4)
    crops = torch.from_numpy(chips).permute(0, 3, 1, 2).float().split(8)

    def run() -> None:
        with exact_inference():
            for _ in range(2):
                for network, batches in ((inception, large), (perceptual, small)):
                    for batch in batches:
                        network(batch)
            for batch in crops:
                resnet(batch)
        for _ in range(2):
            for frame in frames:
                detector(frame, 0)
            for i, box in zip(faces, boxes, strict=True):
                predictor(frames[i], box)

    return run


def growth(asked: argparse.Namespace, work: Path) -> None:
    path = sorted(asked.clips.iterdir())[0]
    frames = np.concatenate(list(video.iter_frames(path, Selection(maximum=asked.frames, size=SIDE))))
    print("| clips | processor | of linear | peak memory |\n|---:|---:|---:|---:|")
    rows = []
    for times in asked.times:
        folder = work / f"x{times}"
        for number in range(times):
            clip = frames.copy()
            clip[:, -1, -1] = number
            video.write_video(folder / f"{number:03}.mkv", [clip], 25)
        command = [sys.executable, "-m", "benchmarks.engine", "grown", "--clips", str(folder)]
        rows.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
        print(f"  {times}: {rows[-1]}", file=sys.stderr, flush=True)
    least, most = rows[0], rows[-1]
    slope = (most["seconds"] - least["seconds"]) / (asked.times[-1] - asked.times[0])
    for times, row in zip(asked.times, rows, strict=True):
        straight = least["seconds"] + slope * (times - asked.times[0])
        print(f"| {times} | {row['seconds']:.1f} s | {row['seconds'] / straight:.3f} | {row['peak_mb']:.0f} MB |")


def grown(clips: Path, work: Path) -> None:
    """Score every clip of a folder against itself; prints the seconds after the first clip's loading, and the peak."""
    random_networks.write(work)
    random_networks.install(work)
    scoring = scorer(GROWING, work / "cache", None)
    paths = sorted(clips.iterdir())
    began = time.process_time()
    for path in paths:
        score(scoring, path, path)
    score_sets(scoring, paths, paths)
    used = time.process_time() - began
    print(json.dumps({"seconds": used, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def scorer(keys: tuple[str, ...], cache: Path, frames: int | None) -> Scorer:
    protocol = Protocol.model_validate(
        {
            "id": "bench", "title": "Benchmark", "task": "self_reenactment", "dataset": "folder", "resolution": SIDE,
            "pairs": {"rule": "first_frame_self"}, "driving": {"maximum": frames}, "metrics": list(keys),
        }
    )  # fmt: skip
    return Scorer(protocol, tuple(METRICS[key] for key in keys), FeatureBank(FeatureCache(cache)))


def score(scoring: Scorer, driving: Path, generated: Path) -> None:
    clip = Clip("clip", "person", "clip", driving)
    scoring.score(Pair("clip", clip, (0,), clip), generated)


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
