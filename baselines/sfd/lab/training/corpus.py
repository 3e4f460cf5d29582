"""The clips of a data root at training size, with their identity features, kept in the cache between trainings."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.sfd.faces import read_faces, windows_of
from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.doubles import doubles
from baselines.sfd.shape import Shape
from baselines.sfd.window import Window
from evalkit.base.files import atomic_path, canonical_sha256, content_sha256
from evalkit.base.places import cache_dir
from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.folder import motions
from evalkit.datasets.splits import training_part
from evalkit.errors import DatasetError
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.types import Clip, Frames

_LOG = logging.getLogger("evalkit")
_SHOWN = 5


@dataclass(frozen=True)
class TrainingClip:
    """A clip ready to be trained on.

    Attributes:
        clip: where it came from.
        frames: (T, size, size, 3) uint8, T >= 2; read from disk as needed.
        embedding: (D,) identity features: mean over the frames looked at, less the mean over all clips.
    """

    clip: Clip
    frames: Frames
    embedding: NDArray[np.float64]


@dataclass(frozen=True)
class Corpus:
    """Clips by identity.

    Attributes:
        identities: names in order; an identity's label is its place here.
        clips: for every identity its clips.
        held_out: clips of identities that are not trained on.
        digest: of everything here.
        split: digest of who is trained on and who is left out as a test person (`evalkit.datasets.splits`).
        doubles: id of a clip -> identity and place among its clips of each clip of another person that shows the same
            motion.
    """

    identities: tuple[str, ...]
    clips: tuple[tuple[TrainingClip, ...], ...]
    held_out: tuple[Clip, ...]
    digest: str
    split: str = ""
    doubles: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


def load_corpus(dataset: str, root: Path | None, data: Data, shape: Shape) -> Corpus:
    """Index, decode and embed the clips of a dataset.

    Raises:
        DatasetError: nobody but test people, clips that name nobody, clips of one frame, faces that cannot be found,
            fewer than two identities to train on, or doubles that are asked for and not there.
    """
    folder = DATASETS[dataset].resolve_root(root)
    part = training_part(DATASETS[dataset], folder)
    _LOG.info("%s", part.summary)
    clips = part.clips
    names = sorted({clip.identity for clip in clips})
    kept = names[: max(0, len(names) - data.held_out)]
    if len(kept) < 2:
        raise DatasetError(
            f"{root or dataset}: {len(names)} identities, {data.held_out} of them held out, leave {len(kept)} to train "
            "on. The identity eraser learns to tell people apart, so at least two are needed: add clips of other "
            "people, or lower data.held_out."
        )
    trained = [clip for clip in clips if clip.identity in kept]
    lengths = {clip.id: video.count_frames(clip.path) for clip in trained}
    prepared = _centred(_prepare(trained, lengths, data, shape))
    identities = tuple(name for name in kept if any(one.clip.identity == name for one in prepared))
    grouped = tuple(tuple(one for one in prepared if one.clip.identity == name) for name in identities)
    held_out = tuple(clip for clip in clips if clip.identity not in kept)
    contents = [[one.clip.id, one.clip.identity, content_sha256(one.clip.path)] for one in prepared]
    people = [[one.clip for one in one_person] for one_person in grouped]
    found = doubles(people, motions(folder), lengths) if data.doubled else {}
    if data.doubled and not found:
        raise DatasetError(
            f"data.doubled is {data.doubled}, but no clip of {folder} has a double: a column 'motion' in its "
            "manifest.csv names what clips of several people show alike, frame by frame. For drawn people "
            "`python -m baselines.sfd.lab.data --shared-motion` makes them; else set data.doubled to 0."
        )
    parts = [contents, [clip.id for clip in held_out], *([found] if found else [])]
    return Corpus(identities, grouped, held_out, canonical_sha256(parts), part.digest, found)


def _prepare(clips: Sequence[Clip], lengths: Mapping[str, int], data: Data, shape: Shape) -> list[TrainingClip]:
    bank = FeatureBank(FeatureCache(cache_dir() / "features"))
    if short := [name for name, length in lengths.items() if length < 2]:
        raise DatasetError(
            f"{len(short)} clips have a single frame ({', '.join(short[:_SHOWN])}); source and driving frame are two "
            "frames of one clip. Take them out of the data folder."
        )
    windows = windows_of(shape)
    prepared, faceless = [], []
    for clip in clips:
        embedding = _embedding(bank, clip, lengths[clip.id], data)
        if embedding is None:
            faceless.append(clip.id)
        else:
            window = windows.of_clip(clip.path)
            frames = spaced_frames(clip, lengths[clip.id], data.frames_per_clip, window, shape.size)
            prepared.append(TrainingClip(clip, frames, embedding))
    if faceless:
        _LOG.warning(
            "%d clips are left out: %s found no face in them (%s)",
            len(faceless), data.identity_network, ", ".join(faceless[:_SHOWN]),
        )  # fmt: skip
    if len({one.clip.identity for one in prepared}) < 2:
        raise DatasetError(f"{data.identity_network} found faces of fewer than two identities; nothing to train on.")
    return prepared


def _embedding(bank: FeatureBank, clip: Clip, length: int, data: Data) -> NDArray[np.float64] | None:
    """Mean of the unit embeddings of evenly spaced frames; None where no face was found."""
    indices = spaced(length, data.identity_frames)
    side = min(video.frame_size(clip.path))
    found = bank.of_frames(clip.path, indices, side, [data.identity_network])
    rows = np.asarray(found[data.identity_network]["embedding"], dtype=np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return None
    return np.asarray((rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0))


def _centred(clips: list[TrainingClip]) -> list[TrainingClip]:
    """Strangers have a cosine near zero afterwards, whatever network it was."""
    mean = np.mean([one.embedding for one in clips], axis=0)
    return [TrainingClip(one.clip, one.frames, one.embedding - mean) for one in clips]


def spaced_frames(clip: Clip, length: int, count: int, window: Window, size: int) -> Frames:
    """At most `count` of the `length` frames of a clip, evenly spaced from the first on: (T, size, size, 3) uint8.

    They are cut to `window` first.
    """
    indices = spaced(length, count)
    key = canonical_sha256(["sfd-frames-3", content_sha256(clip.path), indices, size, asdict(window)])
    path = cache_dir() / "training" / f"{key}.npy"
    if not path.is_file():
        frames = read_faces(clip.path, indices, window, size)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, frames, allow_pickle=False)
    loaded: Frames = np.load(path, mmap_mode="r", allow_pickle=False)
    return loaded


def spaced(length: int, count: int) -> list[int]:
    """At most `count` different indices from first to last frame."""
    return sorted({int(index) for index in np.linspace(0, length - 1, min(count, length)).round()})
