"""Peak memory of scoring one pair, above what is resident when the networks are loaded.

    OMP_NUM_THREADS=1 python -m benchmarks.memory [--sides 256 512] [--frames 16] [--metrics lpips ssim]

Two clips of noise, each metric in a process of its own. Networks have random weights.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

METRICS = ("lpips", "lpips[squeeze]", "lpips[vgg]", "ssim")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--metrics", nargs="+", default=list(METRICS))
    asked = parser.parse_args()
    print(f"| {asked.frames} frames | {' | '.join(f'{side} px' for side in asked.sides)} |")
    print(f"|---|{'---:|' * len(asked.sides)}")
    for key in asked.metrics:
        cells = [f"{apart(key, side, asked.frames) / 1e6:.0f} MB" for side in asked.sides]
        print(f"| `{key}` | {' | '.join(cells)} |", flush=True)


def apart(key: str, side: int, frames: int) -> int:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", "measure", key, str(side), str(frames)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(key: str, side: int, frames: int) -> None:
    from evalkit.clips import video
    from evalkit.method.cost import peak_memory
    from evalkit.metrics import METRICS
    from evalkit.protocol.schema import Protocol
    from evalkit.scoring.cache import FeatureCache
    from evalkit.scoring.features import FeatureBank
    from evalkit.scoring.score_pair import Scorer
    from evalkit.types import Clip, Pair

    metric, noise = METRICS[key], np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for clip in ("generated", "driving"):
            chunks = (noise.integers(0, 256, (8, side, side, 3), dtype=np.uint8) for _ in range(frames // 8))
            video.write_video(work / f"{clip}.mkv", chunks, 25)
        bank = FeatureBank(FeatureCache(work))
        if metric.input:
            install(metric.input[0], work)
            bank.extract(metric.input[0], np.zeros((1, 64, 64, 3), np.uint8), {})
        protocol = Protocol.model_validate(
            {
                "id": "bench", "title": "Benchmark", "task": "self_reenactment", "dataset": "folder",
                "resolution": side, "pairs": {"rule": "first_frame_self"}, "metrics": [key],
            }
        )  # fmt: skip
        driving = Clip("clip", "person", "clip", work / "driving.mkv")
        with peak_memory("cpu") as resident:
            loaded = resident()
            Scorer(protocol, (metric,), bank).score(Pair("clip", driving, (0,), driving), work / "generated.mkv")
            print(json.dumps(resident() - loaded))


def install(extractor: str, folder: Path) -> None:
    """A LPIPS backbone with random weights in the place of the registered one; other networks are the real ones."""
    import torch

    from evalkit.extractors import EXTRACTORS, lpips
    from evalkit.extractors.lpips_network import BACKBONES

    net = extractor.removeprefix("lpips_")
    if net in BACKBONES:
        torch.save(BACKBONES[net]().state_dict(), folder / "net.pth")
        load = partial(lpips.load_files, net, folder / "net.pth", lpips.head_file(net))
        EXTRACTORS._entries[extractor] = replace(EXTRACTORS[extractor], load=load, weights=())


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
