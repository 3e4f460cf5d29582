"""Time and memory of whole-clip FVD features for clips of several lengths.

    OMP_NUM_THREADS=1 python -m benchmarks.whole_clip [--frames 64 256 1024] [--side 256]
    OMP_NUM_THREADS=1 python -m benchmarks.whole_clip windows FRAMES SIDE    # one cell, with the logits, as JSON

A clip of noise is decoded and given to I3D with random weights, by the engine and in a process of its own. Memory is
the peak above what is resident when the network is loaded. `windows` is the network of fvd[videogpt]; `one piece` is
how the TorchScript program of fvd[common-metrics] has to be called, with the same network in its place.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

WAYS = ("windows", "one piece")
MEGABYTE = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--side", type=int, default=256)
    asked = parser.parse_args()
    print("| frames | windows | memory | one piece | memory | largest difference |\n|---:|---:|---:|---:|---:|---:|")
    for frames in asked.frames:
        found = [apart(way, frames, asked.side) for way in WAYS]
        cells = [f"{row['seconds']:.1f} s | {row['peak'] / MEGABYTE:.0f} MB" for row in found]
        one, other = (np.array(row["logits"]) for row in found)
        print(f"| {frames} | {' | '.join(cells)} | {np.abs(one - other).max() / np.abs(other).max():.1e} |", flush=True)


def apart(way: str, frames: int, side: int) -> dict:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.whole_clip", way, str(frames), str(side)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(way: str, frames: int, side: int) -> None:
    from evalkit.clips import video
    from evalkit.extractors import EXTRACTORS, i3d
    from evalkit.method.cost import peak_memory
    from evalkit.scoring.cache import FeatureCache
    from evalkit.scoring.features import FeatureBank
    from evalkit.types import AS_STORED

    noise = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clip.mkv"
        chunks = (noise.integers(0, 256, (8, side, side, 3), dtype=np.uint8) for _ in range(frames // 8))
        video.write_video(path, chunks, 25)
        extract = i3d.clip_extract(network(way), "cpu")
        entry = replace(EXTRACTORS["i3d_videogpt"], load=lambda device: extract, weights=())
        with EXTRACTORS.also({"i3d_videogpt": entry}), peak_memory("cpu") as resident:
            loaded, began = resident(), time.process_time()
            features = FeatureBank(FeatureCache(Path(name))).collect(path, AS_STORED, ["i3d_videogpt"])
            for chunk in video.iter_frames(path):
                features.feed(chunk)
            logits = features.finish()["i3d_videogpt"]["logits"]
            row = {"seconds": time.process_time() - began, "peak": resident() - loaded, "logits": logits.tolist()}
    print(json.dumps(row))


def network(way: str):
    import torch

    from evalkit.extractors import i3d
    from evalkit.extractors.i3d_network import I3D
    from evalkit.extractors.i3d_stream import clip_logits

    torch.manual_seed(0)
    built = I3D().eval().requires_grad_(False)
    for module in built.modules():
        if isinstance(module, torch.nn.Conv3d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return partial(clip_logits if way == "windows" else i3d.one_piece_logits, built)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
