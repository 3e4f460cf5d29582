"""What a watch costs a training: `python -m benchmarks.watch_overhead`.

A small network trains for `--steps` steps without and with an `ek.callbacks.Watch` that looks every `--every` steps at
`--pairs` pairs of drawn heads, in turns. Processor seconds of the training process: what the process that scores takes
is printed beside it, since it runs on other cores.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import evalkit as ek
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip

FRAMES, SIZE = 32, 128


def network():
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.ReLU()]
    for _ in range(3):
        layers += [torch.nn.Conv2d(32, 32, 3, padding=1), torch.nn.BatchNorm2d(32), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Conv2d(32, 3, 3, padding=1), torch.nn.Sigmoid())


def animate(module, sources, driving, motion):
    for chunk in driving:
        frames = torch.from_numpy(chunk).permute(0, 3, 1, 2) / 255
        yield module(frames).permute(0, 2, 3, 1).numpy()


def train(steps, watch=None):
    """Processor seconds of a training in this process."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    began = time.process_time()
    for step in range(1, steps + 1):
        batch = torch.rand(4, 3, SIZE, SIZE)
        (model(batch) - batch).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        if watch:
            watch(step, model)
    return time.process_time() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "clips"
        for person in range(asked.pairs):
            clip = render_clip(person, 0, FRAMES, SIZE).frames
            video.write_video(root / f"person{person}" / "take.mkv", [clip], 25)
        content = ek.find_protocol("folder_self").model_copy(
            update={"resolution": SIZE, "metrics": ("l1", "psnr", "ssim", "csim[dlib]", "akd[dlib68]")}
        )
        train(5)
        without, watched, looks = [], [], 0
        for turn in range(asked.turns):
            without.append(train(asked.steps))
            watch = ek.callbacks.Watch(
                content, animate, every=asked.every, pairs=asked.pairs, data=root, out=Path(folder) / str(turn)
            )
            with watch:
                watched.append(train(asked.steps, watch))
            looks += len(watch.runs)
    alone, beside = np.median(without), np.median(watched)
    scoring = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{asked.steps} steps, a look every {asked.every} at {asked.pairs} pairs of {FRAMES - 1} frames of {SIZE} px")
    print(f"without {alone:.1f} s, with {beside:.1f} s: ratio {beside / alone:.3f}; {looks} looks were scored")
    each = (beside - alone) / (asked.steps // asked.every)
    print(f"a look: {each:.2f} s in the training, {(scoring.ru_utime + scoring.ru_stime) / looks:.1f} s elsewhere")


if __name__ == "__main__":
    main()
