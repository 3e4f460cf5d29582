"""Speed of the native methods: source read once and frames batched, against a loop that reads the source every frame.

Both use the same networks (random weights) on the same frames, in the same run: the loop begins anew, with the source,
for every driving frame, as the demos of the original repositories do for the generator. Random weights do the same
arithmetic as trained ones.

    python -m benchmarks.methods [--device cpu] [--frames 4] [METHOD...]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from evalkit import video
from evalkit.adapter import Driving, MethodConfig
from evalkit.demo import render_clip
from evalkit.methods import build_method, find_method, list_methods, method_options

SIDE = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "fp16", "bf16"])
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--batch", default="auto")
    parser.add_argument("--repeats", type=int, default=2, help="the fastest counts")
    asked = parser.parse_args()
    names = asked.methods or [entry.card.id for entry in list_methods() if entry.card.kind == "native"]
    print(
        f"torch {torch.__version__}, {asked.device}, {torch.get_num_threads()} threads, {asked.precision}, {SIDE} px\n"
    )
    print("| method | frame by frame, fps | source once, batched, fps | ratio | peak memory, MB |")
    print("|---|---|---|---|---|")
    for name in names:
        print(row(name, asked), flush=True)


def row(name: str, asked: argparse.Namespace) -> str:
    card = find_method(name).card
    options = method_options(card, [f"batch={asked.batch}"])
    config = MethodConfig(asked.device, asked.precision, random_weights=True, options=options)
    method = build_method(find_method(name), config)
    source = render_clip(1, 0, frames=1, size=SIDE).frames
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mkv"
        video.write_video(path, [render_clip(0, 0, frames=asked.frames, size=SIDE).frames], 25)
        clip = Driving(path, SIDE)

        def once() -> None:
            assert sum(len(part) for part in method.animate(source, clip, "absolute")) == asked.frames

        def anew() -> None:
            for index in range(asked.frames):
                one = Driving(path, SIDE, start=index, maximum=1)
                np.concatenate([np.asarray(part) for part in method.animate(source, one, "absolute")])

        list(method.animate(source, Driving(path, SIDE, maximum=1), "absolute"))
        slow, fast = (asked.frames / seconds(run, asked) for run in (anew, once))
    return f"| {name} | {slow:.3g} | {fast:.3g} | {fast / slow:.2f} | {peak(asked.device)} |"


def seconds(run: Callable[[], None], asked: argparse.Namespace) -> float:
    measured = []
    for _ in range(asked.repeats):
        began = time.perf_counter()
        run()
        if asked.device != "cpu":
            torch.cuda.synchronize()
        measured.append(time.perf_counter() - began)
    return min(measured)


def peak(device: str) -> str:
    if device == "cpu":
        return ""
    used = torch.cuda.max_memory_allocated() / 1e6
    torch.cuda.reset_peak_memory_stats()
    return f"{used:.0f}"


if __name__ == "__main__":
    main()
