"""The frames that the figures show and the people in them, chosen by a seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.native.batches import inference
from baselines._shared.stylegan.images import to_frames, to_tensor
from baselines.sfd.adapter import resized
from baselines.sfd.faces import read_faces, windows_of
from baselines.sfd.lab.descriptors import Described, describe
from baselines.sfd.model import SFD, Face
from evalkit.clips import video
from evalkit.errors import DatasetError
from evalkit.types import Clip, Frames

LEAST_PEOPLE = 3
"""Two whose motion is interpolated, and one who is animated."""


@dataclass(frozen=True)
class Person:
    """Somebody's frames.

    Attributes:
        name: who.
        described: the frames chosen, clip by clip.
    """

    name: str
    described: tuple[Described, ...]

    @property
    def identity(self) -> NDArray[np.float32]:
        """w_id of all frames, (T, N)."""
        return np.concatenate([one.identity for one in self.described])

    @property
    def motion(self) -> NDArray[np.float32]:
        """w_m of all frames, (T, N)."""
        return np.concatenate([one.motion for one in self.described])

    def picture(self, place: int, size: int) -> Frames:
        """The frame at `place` of the rows of `identity`, cut to the window, as (1, size, size, 3)."""
        places = [(one, frame) for one in self.described for frame in one.frames]
        one, frame = places[place]
        return read_faces(one.clip.path, [frame], one.window, size)


@dataclass(frozen=True)
class Source:
    """A frame that is animated.

    Attributes:
        shown: (1, size, size, 3).
        picture: the same as (1, 3, size, size) in [-1, 1].
        face: what the model outputs for it.
    """

    shown: Frames
    picture: Tensor
    face: Face


def choose_people(people: dict[str, list[Clip]], count: int, seed: int) -> list[str]:
    """`count` names at random, in their order. Raises `DatasetError` for fewer than `LEAST_PEOPLE`."""
    names = list(people)
    if len(names) < LEAST_PEOPLE:
        raise DatasetError(
            f"The figures show {LEAST_PEOPLE} people at least, two of whom drive; this data has {len(names)}. Add some."
        )
    places = np.random.default_rng([seed, 0]).choice(len(names), size=min(count, len(names)), replace=False)
    return [names[place] for place in sorted(places)]


def load_person(model: SFD, name: str, clips: Sequence[Clip], count: int, seed: int) -> Person:
    """`count` frames at random from all clips of a person, or all frames where there are fewer, described."""
    lengths = [video.count_frames(clip.path) for clip in clips]
    total = sum(lengths)
    chosen = np.sort(np.random.default_rng([seed, 1]).choice(total, size=min(count, total), replace=False))
    windows = windows_of(model.shape)
    described, first = [], 0
    for clip, length in zip(clips, lengths, strict=True):
        frames = [int(place) - first for place in chosen if first <= place < first + length]
        first += length
        if frames:
            described.append(describe(model, clip, frames, windows))
    return Person(name, tuple(described))


def load_source(model: SFD, person: Person, size: int, place: int = 0) -> Source:
    """A frame of a person as source at `size` pixels; the network reads it at its own size, as the adapter does."""
    shown = person.picture(place, size)
    picture = to_tensor(shown).to(model.subspaces.weight.device)
    with inference():
        face = model.describe(resized(picture, model.shape.size))
    return Source(shown, picture, face)


def animate(model: SFD, source: Source, identity: Tensor, motions: Tensor) -> Frames:
    """Pictures of F = w_id + w_m.

    Args:
        model: in evaluation mode.
        source: whose features are warped.
        identity: w_id, (T, N), or (1, N) for all frames.
        motions: w_m, (T, N).

    Returns:
        (T, size, size, 3), one after the other: on a CPU batches give other roundings.
    """
    identities = identity.expand(len(motions), -1)
    with inference():
        pictures = [
            model.generate(Face(w_id[None], w_m[None], source.face.features), w_m[None], source.picture)
            for w_id, w_m in zip(identities, motions, strict=True)
        ]
    return to_frames(torch.cat(pictures), "nearest")
