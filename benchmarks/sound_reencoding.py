"""What storing a clip with H.264 and AAC does to what SyncNet sees and hears.

The released weights are not needed and not used: the inputs are compared as they are, and embeddings are those of
seeded random weights, which say how far a change of the input reaches, not what Sync-C or Sync-D become.

    python -m benchmarks.sound_reencoding
"""

import argparse
import tempfile
from pathlib import Path

import av
import numpy as np
import torch
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.clips.sound import read_sound
from evalkit.datasets.drawn import render_clip
from evalkit.extractors import Extract, mtcnn5
from evalkit.extractors.mfcc import mfcc
from evalkit.extractors.syncnet import FRAME_RATE, _crops, _fill, _lip_rows, _sound_rows, frame_and_box
from evalkit.extractors.syncnet_network import EMBEDDING, SyncNet
from evalkit.types import SOUND_RATE, Frames, Values


def main() -> None:
    """Print a row per way of storing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=41)
    count = parser.parse_args().frames
    frames, spoken = render_clip(0, 0, count, 256).frames, voice(count)
    torch.manual_seed(0)
    network, find = SyncNet().eval(), mtcnn5.load()
    clean = seen(network, find, frames), heard(network, spoken, count)
    print("| stored with | MFCC | grey levels | lips | sound |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for crf, kilobits in ((18, 128), (23, 128), (23, 64), (30, 32)):
            path = Path(folder) / f"{crf}-{kilobits}.mp4"
            store(path, frames, spoken, crf, kilobits)
            again = np.concatenate(list(video.iter_frames(path)))
            sound = read_sound(path)
            assert sound is not None
            rows = min(len(mfcc(spoken)), len(mfcc(sound.samples)))
            moved = (
                np.abs(mfcc(spoken)[:rows] - mfcc(sound.samples)[:rows])[5:-5].mean() / mfcc(spoken).std(axis=0).mean()
            )
            pixels = np.abs(again.astype(float) - frames).mean()
            lips, voices = (
                share(clean[0], seen(network, find, again)),
                share(clean[1], heard(network, sound.samples, count)),
            )
            print(f"| H.264 CRF {crf}, AAC {kilobits} kb/s | {moved:.3f} | {pixels:.2f} | {lips:.3f} | {voices:.3f} |")


def voice(count: int) -> NDArray[np.int16]:
    """Something like speech: a pulse train of changing pitch through two moving resonances, in syllables."""
    t = np.arange(round(count / FRAME_RATE * SOUND_RATE)) / SOUND_RATE
    pitch = np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * t)) / SOUND_RATE
    pulses = (np.diff(np.floor(pitch), prepend=0) > 0).astype(float)
    sound = np.zeros_like(t)
    for hertz, width in (
        (500 + 200 * np.sin(2 * np.pi * 1.9 * t), 80),
        (1500 + 500 * np.cos(2 * np.pi * 1.3 * t), 120),
    ):
        ring = np.exp(-np.pi * width * t[:800]) * np.sin(2 * np.pi * hertz.mean() * t[:800])
        sound += np.convolve(pulses, ring)[: len(t)] * (1 + 0.5 * np.sin(2 * np.pi * hertz / 1000))
    sound *= 0.2 + np.clip(np.sin(2 * np.pi * 4 * t), 0, 1)
    sound += np.random.default_rng(0).normal(0, 0.002, len(t))
    return np.round(sound / np.abs(sound).max() * 20000).astype(np.int16)


def store(path: Path, frames: Frames, sound: NDArray[np.int16], crf: int, kilobits: int) -> None:
    """Write an MP4 file of both."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=25, width=frames.shape[2], height=frames.shape[1])
        pictures.pix_fmt, pictures.options = "yuv420p", {"crf": str(crf)}
        track = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        track.bit_rate = kilobits * 1000
        for frame in frames:
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(pictures.encode(None))
        for start in range(0, len(sound), 1024):
            samples = sound[None, start : start + 1024].astype(np.float32) / 32768
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="mono")
            block.sample_rate, block.pts = SOUND_RATE, start
            container.mux(track.encode(block))
        container.mux(track.encode(None))


def seen(network: SyncNet, find: Extract, frames: Frames) -> Values:
    """Embeddings of the lips of frames (T, H, W, 3)."""
    rows = np.zeros((len(frames) - 5, EMBEDDING))
    _fill(rows, _lip_rows(network, _crops(frame_and_box(find, [frames])), len(rows)))
    return rows


def heard(network: SyncNet, sound: NDArray[np.int16], count: int) -> Values:
    """Embeddings of the sound beside `count` frames."""
    return np.array(list(_sound_rows(network, sound, count - 5)))


def share(clean: Values, other: Values) -> float:
    """How far embeddings move, as a share of how far those of one clip are from each other."""
    spread = np.linalg.norm(clean - clean.mean(axis=0), axis=1).mean()
    return float(np.nanmean(np.linalg.norm(clean - other, axis=1)) / spread)


if __name__ == "__main__":
    main()
