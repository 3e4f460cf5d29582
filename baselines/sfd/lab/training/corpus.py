"""The clips of a data root at training size, with their identity features, kept in the cache between trainings."""

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.doubles import doubles
from baselines.sfd.lab.training.prepared import Job, Prepared, StoredFrames, prepare, read
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.shape import Shape
from evalkit.base.files import canonical_sha256
from evalkit.base.places import cache_dir, why_unusable
from evalkit.base.processes import run_all
from evalkit.datasets import DATASETS
from evalkit.datasets.folder import motions
from evalkit.datasets.splits import training_clips, training_part
from evalkit.errors import DatasetError
from evalkit.types import Clip, Frames

_LOG = logging.getLogger("evalkit")
_SHOWN = 5
_SAID_EVERY_S = 60.0
_GB = 1e9


@dataclass(frozen=True)
class TrainingClip:
    """A clip ready to be trained on.

    Attributes:
        clip: where it came from.
        frames: T >= 2 of (size, size, 3) uint8; read from disk as needed.
        features: (T, D) identity features of the frames; NaN for those that cannot be sources, as no face was found.
    """

    clip: Clip
    frames: StoredFrames | Frames
    features: NDArray[np.float64]

    @property
    def sources(self) -> NDArray[np.intp]:
        """Places of frames with identity features."""
        return np.flatnonzero(np.isfinite(self.features).all(axis=1))


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


def load_corpus(
    dataset: str, root: Path | None, data: Data, shape: Shape, processes: Processes | None = None, workers: int = 1
) -> Corpus:
    """Index, decode and embed the clips of a dataset; what is in the cache already is taken from there.

    Args:
        dataset: id.
        root: folder with its clips; None where the dataset needs none.
        data, shape: of the training.
        processes: of which one prepares while the others wait.
        workers: processes that it prepares with.

    Raises:
        DatasetError: nobody but test people, clips that name nobody, clips of one frame, faces that cannot be found,
            fewer than two identities to train on, no room in the cache, or doubles that are asked for and not there.
    """
    processes = processes or Processes()
    training_clips(DATASETS[dataset])  # before a corpus is drawn that nobody may train on
    folder = DATASETS[dataset].resolve_root(root)
    part = training_part(DATASETS[dataset], folder)
    names = sorted({clip.identity for clip in part.clips})
    kept = set(names[: max(0, len(names) - data.held_out)])
    if processes.first:
        _LOG.info("%s", part.summary)
    if len(kept) < 2:
        raise DatasetError(
            f"{root or dataset}: {len(names)} identities, {data.held_out} of them held out, leave {len(kept)} to train "
            "on. The identity eraser learns to tell people apart, so at least two are needed: add clips of other "
            "people, or lower data.held_out."
        )
    jobs = [Job(clip, data, shape) for clip in part.clips if clip.identity in kept]
    with processes.in_turn():
        prepare_all([job for job in jobs if not job.file.is_file()], len(jobs), workers)
    prepared = [read(job) for job in jobs]
    _refuse_short([job.clip for job in jobs], prepared)
    clips = _seen(
        [TrainingClip(job.clip, one.frames, one.features) for job, one in zip(jobs, prepared, strict=True)], data
    )
    identities = tuple(sorted({one.clip.identity for one in clips}))
    if len(identities) < 2:
        raise DatasetError(f"{data.identity_network} found faces of fewer than two identities; nothing to train on.")
    people: dict[str, list[TrainingClip]] = {name: [] for name in identities}
    for one in clips:
        people[one.clip.identity].append(one)
    grouped = tuple(tuple(of_one) for of_one in people.values())
    lengths = {job.clip.id: one.length for job, one in zip(jobs, prepared, strict=True)}
    found = _doubles(grouped, folder, lengths, data)
    held_out = tuple(clip for clip in part.clips if clip.identity not in kept)
    contents = [[job.clip.id, job.clip.identity, one.sha256] for job, one in zip(jobs, prepared, strict=True)]
    digest = canonical_sha256([contents, [clip.id for clip in held_out], *([found] if found else [])])
    processes.check_alike("The clips to train on", digest)
    return Corpus(identities, grouped, held_out, digest, part.digest, found)


def prepare_all(jobs: Sequence[Job], among: int, workers: int) -> None:
    """Prepare clips in parallel, with the room that they take said first; a stopped preparation goes on where it was.

    Raises `DatasetError` without that room, and whatever `prepare` raises.
    """
    if not jobs:
        return
    folder, needed = cache_dir(), sum(job.bytes for job in jobs)
    if reason := why_unusable(folder):
        raise DatasetError(f"Clips are prepared in the cache. {reason}")
    free = shutil.disk_usage(folder).free
    _LOG.info(
        "preparing %d of %d clips in %s: up to %.1f GB, %.1f GB are free",
        len(jobs),
        among,
        folder,
        needed / _GB,
        free / _GB,
    )
    if needed > free:
        raise DatasetError(
            f"{folder}: the frames of {len(jobs)} clips take up to {needed / _GB:.1f} GB, and {free / _GB:.1f} GB are "
            "free. Set EVALKIT_CACHE to a larger disk, or lower data.frames_per_clip."
        )
    began = said = time.monotonic()
    for done, _ in enumerate(run_all(prepare, jobs, workers), start=1):
        now = time.monotonic()
        if now - said >= _SAID_EVERY_S or done == len(jobs):
            rate, said = done / (now - began), now
            left = (len(jobs) - done) / rate / 60
            _LOG.info("%d of %d clips prepared, %.2f a second, %.0f minutes left", done, len(jobs), rate, left)


def _refuse_short(clips: Sequence[Clip], prepared: Sequence[Prepared]) -> None:
    if short := [clip.id for clip, one in zip(clips, prepared, strict=True) if one.length < 2]:
        raise DatasetError(
            f"{len(short)} clips have a single frame ({', '.join(short[:_SHOWN])}); source and driving frame are two "
            "frames of one clip. Take them out of the data folder."
        )


def _seen(clips: Sequence[TrainingClip], data: Data) -> list[TrainingClip]:
    """Clips with a face, their features centred where the configuration says so."""
    faceless = [one.clip.id for one in clips if not len(one.sources)]
    if faceless:
        _LOG.warning(
            "%d clips are left out: %s found no face in them (%s)",
            len(faceless), data.identity_network, ", ".join(faceless[:_SHOWN]),
        )  # fmt: skip
    clips = [one for one in clips if len(one.sources)]
    if not (clips and data.identity_centred):
        return clips
    mean = np.mean([one.features[one.sources].mean(axis=0) for one in clips], axis=0)
    return [TrainingClip(one.clip, one.frames, one.features - mean) for one in clips]


def _doubles(
    people: Sequence[Sequence[TrainingClip]], folder: Path, lengths: Mapping[str, int], data: Data
) -> dict[str, tuple[tuple[int, int], ...]]:
    if not data.doubled:
        return {}
    found = doubles([[one.clip for one in clips] for clips in people], motions(folder), lengths)
    if not found:
        raise DatasetError(
            f"data.doubled is {data.doubled}, but no clip of {folder} has a double: a column 'motion' in its "
            "manifest.csv names what clips of several people show alike, frame by frame. For drawn people "
            "`python -m baselines.sfd.lab.data --shared-motion` makes them; else set data.doubled to 0."
        )
    return found
