"""Train the autoencoder of landmark motion once per seed, on the clips of every other identity of a folder.

    python benchmarks/learned_warp/train.py CLIPS OUT --seeds 0 1

CLIPS is a folder as the `folder` data set takes it. Seeds decide the weights at
the start, the order of the samples and the noise; everything else is the same. OUT/seed<N>.safetensors are checkpoints.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from adapter import build_network
from safetensors.torch import save_file

from baselines.landmark_warp.motion import iter_moved
from baselines.landmark_warp.track import pose_track, track_clip
from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.extractors import dlib68
from evalkit.extractors.any_size import locate_points
from evalkit.types import Selection

STRIDE, SIZE = 8, 256


def motions(path, locate):
    """(T, 136) landmark motion of a clip against its own first frame, in face units; empty without a face."""
    first = locate_points(next(iter(video.iter_frames(path, Selection(size=SIZE))))[:1], locate)
    _, track = track_clip(video.iter_frames(path, Selection(stride=STRIDE, size=SIZE)), locate)
    if track is None or not np.isfinite(first).all():
        return np.empty((0, 136))
    source = pose_track(first)
    moved = [frame.points[:68] - source.points[0] for frame in iter_moved(source, track, "absolute", SIZE)]
    return np.stack(moved).reshape(-1, 136) / source.scale[0]


def train(samples, seed, steps=4000):
    torch.manual_seed(seed)
    network = build_network()
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        batch = samples[torch.randint(len(samples), (64,))]
        loss = (network(batch + 0.02 * torch.randn_like(batch)) - batch).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return network, float((network(samples) - samples).abs().mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    arguments = parser.parse_args()
    extract = dlib68.load()
    clips = DATASETS["folder"].index(arguments.clips)
    people = sorted({clip.identity for clip in clips if clip.kind == "clip"})[::2]
    parts = [
        motions(clip.path, lambda frames: extract(frames, {}))
        for clip in clips
        if clip.kind == "clip" and clip.identity in people
    ]
    samples = torch.from_numpy(np.concatenate(parts)).float()
    print(f"{len(samples)} frames of {len(people)} identities, mean motion {samples.abs().mean():.4f}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seeds:
        network, error = train(samples, seed)
        save_file(network.state_dict(), arguments.out / f"seed{seed}.safetensors")
        print(f"seed {seed}: mean error {error:.4f}")


if __name__ == "__main__":
    main()
