"""FSRT's decoder: speed and memory by pixels decoded at a time and by number of source images.

    python -m benchmarks.fsrt [--device cpu] [--decoder large] [--pixels 65536]

Random weights; 256x256 sources. `--pixels` decodes only so many of a frame's 65536 pixels, whose cost does not depend
on each other.
"""

import argparse
import time

import torch
from torch import Tensor

from baselines._shared.native.pictures import to_tensor
from baselines.fsrt.adapter import networks
from baselines.fsrt.encoding import pixel_coordinates
from baselines.fsrt.model import FSRT
from evalkit.datasets.drawn import render_clip
from evalkit.method.cost import peak_memory

SIDE = 256
CHUNKS = (1024, 4096, 16384, 65536)
SOURCES = (1, 2, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--decoder", default="large", choices=["large", "small"])
    parser.add_argument("--pixels", type=int, default=SIDE**2)
    asked = parser.parse_args()
    model = networks(asked.decoder, 256).eval().requires_grad_(False).to(asked.device)
    images = to_tensor(render_clip(1, 0, frames=max(SOURCES), size=SIDE).frames, SIDE).to(asked.device)
    print(f"torch {torch.__version__}, {asked.device}, {torch.get_num_threads()} threads, {asked.decoder} decoder\n")
    print("| sources | pixels at a time | reading the sources, s | decoding a frame, s | fps | peak memory, MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    cases = [(1, chunk) for chunk in CHUNKS if chunk <= asked.pixels] + [(count, 4096) for count in SOURCES[1:]]
    with torch.inference_mode():
        for count, chunk in cases:
            print(row(model, images[:count], chunk, asked.pixels), flush=True)


def row(model: FSRT, images: Tensor, chunk: int, pixels: int) -> str:
    device = str(images.device)
    with peak_memory(device) as peak:
        began = clock(device)
        source = model.encode_source(images)
        reading = clock(device) - began
        motion = model.motion(images[:1])
        places = pixel_coordinates(SIDE, images.device).flatten(0, 1)[:pixels]
        began = clock(device)
        model.colours(source, motion, places, chunk)
        decoding = (clock(device) - began) * SIDE**2 / pixels
        used = (peak() or 0) / 1e6
    return f"| {len(images)} | {chunk} | {reading:.3g} | {decoding:.3g} | {1 / decoding:.3g} | {used:.0f} |"


def clock(device: str) -> float:
    """Processor seconds on a CPU, wall clock on a GPU that has finished."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
