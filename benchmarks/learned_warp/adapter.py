"""`landmark_warp` with learned landmark motion: what the source's landmarks do passes through the autoencoder."""

from collections.abc import Iterator

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from baselines.landmark_warp.motion import iter_moved, place_source, usable
from baselines.landmark_warp.mouth import MouthPainter
from baselines.landmark_warp.sample import Sampler
from baselines.landmark_warp.track import pose_track, track_clip
from baselines.landmark_warp.warp import GridWarp
from evalkit.errors import MethodError
from evalkit.extractors import dlib68
from evalkit.extractors.any_size import Locate, locate_points
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion

CODES = 10


def build_network() -> nn.Sequential:
    """(N, 136) motion of 68 landmarks in face units -> the same, through `CODES` numbers."""
    encoder = nn.Linear(136, 64), nn.ELU(), nn.Linear(64, CODES)
    return nn.Sequential(*encoder, nn.Linear(CODES, 64), nn.ELU(), nn.Linear(64, 136))


class LearnedWarp:
    """The landmarks of the source move as the network says."""

    def __init__(self, locate: Locate, network: torch.nn.Module) -> None:
        self._locate, self._network = locate, network

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[Frames]:
        """Yield (1, size, size, 3) uint8 per driving frame; `MethodError` where source or driver shows no face."""
        size = sources.shape[1]
        leading, track = track_clip(driving, self._locate)
        points = locate_points(sources, self._locate)
        if track is None or not np.isfinite(points).all():
            raise MethodError("learned_warp: no face found in the source image or in the driving clip.")
        yield from (sources[:1] for _ in range(leading))
        source = pose_track(points)
        warp = GridWarp(place_source(source, size), usable(source, size), size)
        sampler = Sampler(sources[0])
        mouth = MouthPainter(sampler, source.points[0])
        for moved in iter_moved(source, track, motion, size):
            moved.points[:68] = self._learned(moved.points[:68], source.points[0], float(source.scale[0]))
            picture = sampler(warp.backward_map(moved.points))
            mouth.paint(picture, moved.points[:68])
            yield np.clip(np.rint(picture), 0, 255).astype(np.uint8)[None]

    def _learned(self, moved: np.ndarray, own: np.ndarray, scale: float) -> np.ndarray:
        with torch.no_grad():
            motion = self._network(torch.from_numpy((moved - own).reshape(1, -1) / scale).float())
        return own + scale * motion.numpy().reshape(68, 2)


def build(config: MethodConfig) -> LearnedWarp:
    """The checkpoint is what `train.py` wrote."""
    if config.checkpoint is None:
        raise MethodError("learned_warp needs --checkpoint; benchmarks/learned_warp/train.py makes one.")
    network, extract = build_network(), dlib68.load()
    network.load_state_dict(load_file(config.checkpoint))
    return LearnedWarp(lambda frames: extract(frames, {}), network.eval())
