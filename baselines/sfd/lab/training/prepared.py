"""Clips made ready for training, one at a time: frames at the network's size and identity features, kept in the cache.

Each clip has two files there: `<key>.npy` with its frames and `<key>.npz` with what is known of it. The key is made of
the clip's path, size and time stamps and of the settings, so that a later training finds them without reading clips.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.sfd.faces import Windows, read_faces, windows_of
from baselines.sfd.lab.training.config import Data
from baselines.sfd.shape import Shape
from evalkit.base.digests import file_state
from evalkit.base.files import atomic_path, canonical_sha256
from evalkit.base.places import cache_dir
from evalkit.clips import video
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.types import Clip

_VERSION = "sfd-training-1"


@dataclass(frozen=True)
class StoredFrames:
    """Frames on disk. A file is open while one frame of it is read, so that any number of clips can be trained on."""

    path: Path
    count: int

    def __len__(self) -> int:
        """How many frames there are."""
        return self.count

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        """(size, size, 3) uint8."""
        return np.array(np.load(self.path, mmap_mode="r", allow_pickle=False)[number])


@dataclass(frozen=True)
class Prepared:
    """What is known of a clip.

    Attributes:
        frames: at the network's size.
        features: (T, D) identity features, a row per frame; NaN where no face was found.
        length: of the whole clip.
        sha256: of its content.
    """

    frames: StoredFrames
    features: NDArray[np.float64]
    length: int
    sha256: str


@dataclass(frozen=True)
class Job:
    """A clip to be prepared, and how."""

    clip: Clip
    data: Data
    shape: Shape

    @property
    def file(self) -> Path:
        """Of what is known of the clip, once it is prepared."""
        settings = {"frames_per_clip", "identity_network", "identity_of", "identity_frames"}
        sizes = [self.shape.size, self.shape.window]
        states = [state[1:] for state in file_state(self.clip.path)]
        key = [_VERSION, str(self.clip.path.resolve()), states, sizes, self.data.model_dump(include=settings)]
        return cache_dir() / "training" / f"{canonical_sha256(key)}.npz"

    @property
    def bytes(self) -> int:
        """Of its frames, at most."""
        return self.data.frames_per_clip * self.shape.size**2 * 3


def prepare(job: Job) -> None:
    """Write the files of a clip; nothing is known of one with a single frame. Raises `VideoError`."""
    file, clip = job.file, job.clip
    windows, bank = _tools(job.shape, job.data.identity_network)
    length = video.count_frames(clip.path)
    about: Mapping[str, object] = {"length": length, "sha256": bank.digest(clip.path), "features": np.empty((0, 0))}
    if length > 1:
        indices = spaced(length, job.data.frames_per_clip)
        frames = read_faces(clip.path, indices, windows.of_clip(clip.path), job.shape.size)
        with atomic_path(file.with_suffix(".npy")) as temporary, temporary.open("wb") as out:
            np.save(out, frames, allow_pickle=False)
        about = {**about, "features": _features(bank, clip, length, job.data), "count": len(indices)}
    with atomic_path(file) as temporary, temporary.open("wb") as out:
        np.savez(out, allow_pickle=False, **about)  # type: ignore[arg-type]


def read(job: Job) -> Prepared:
    """What `prepare` has written."""
    file = job.file
    with np.load(file, allow_pickle=False) as about:
        frames = StoredFrames(file.with_suffix(".npy"), int(about.get("count", 0)))
        return Prepared(frames, about["features"], int(about["length"]), str(about["sha256"]))


@cache
def _tools(shape: Shape, network: str) -> tuple[Windows, FeatureBank]:
    return windows_of(shape), FeatureBank(FeatureCache(cache_dir() / "features"))


def _features(bank: FeatureBank, clip: Clip, length: int, data: Data) -> NDArray[np.float64]:
    """Identity features of a clip, a row for each of its frames; see `Data.identity_of`."""
    of_clip = data.identity_of == "clip"
    indices = spaced(length, data.identity_frames if of_clip else data.frames_per_clip)
    side = min(video.frame_size(clip.path))
    found = bank.of_frames(clip.path, indices, side, [data.identity_network])
    rows = np.asarray(found[data.identity_network]["embedding"], dtype=np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    if not of_clip:
        return rows
    seen = rows[np.isfinite(rows).all(axis=1)]
    mean = seen.mean(axis=0) if len(seen) else np.full(rows.shape[1], np.nan)
    return np.tile(mean, (len(spaced(length, data.frames_per_clip)), 1))


def spaced(length: int, count: int) -> list[int]:
    """At most `count` different indices from first to last frame."""
    return sorted({int(index) for index in np.linspace(0, length - 1, min(count, length)).round()})
