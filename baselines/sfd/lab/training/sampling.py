"""Which frames a step sees: a function of seed and step alone.

A resumed training takes the same steps, and so does one on another number of processes, of which each takes its share.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.corpus import Corpus, TrainingClip
from baselines.sfd.lab.training.recolour import Recolouring, draw_recolouring


@dataclass(frozen=True)
class Batch:
    """B training pairs; images 2 i and 2 i + 1 are a pair of eq. 3.

    Attributes:
        source, driving: (B, 3, size, size) in [-1, 1], two frames of one clip each.
        seen: `driving` as the encoder sees it: of a double where `Data.doubled` says so, in other colours where
            `Data.recolour` does.
        identity: (B,) labels of the sources.
        shown: (B,) labels of the faces in `seen`.
        embedding: (B, D) identity features of the sources.
        names: which frames these are, for messages.
    """

    source: Tensor
    driving: Tensor
    seen: Tensor
    identity: Tensor
    shown: Tensor
    embedding: Tensor
    names: tuple[str, ...]

    def to(self, device: str) -> "Batch":
        """The same on another device, from pinned memory without waiting for it."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pinned(self) -> "Batch":
        """The same in memory that a GPU can read."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        source, driving, seen, embedding = map(change, (self.source, self.driving, self.seen, self.embedding))
        return Batch(source, driving, seen, change(self.identity), change(self.shown), embedding, self.names)


@dataclass(frozen=True)
class Draw:
    """One pair of frames.

    Attributes:
        identity: label.
        clip: of both frames.
        source, driving: places of the frames.
        shown: label of whom the encoder sees make the motion.
        performance: of that person, the same motion as `clip`.
        mirrored: all frames.
        recolouring: of the frame that the encoder sees.
    """

    identity: int
    clip: TrainingClip
    source: int
    driving: int
    shown: int
    performance: TrainingClip
    mirrored: bool
    recolouring: Recolouring | None


def draw(corpus: Corpus, people: int, size: int, data: Data, key: Sequence[int]) -> list[Draw]:
    """`size` draws from the first `people` identities, for the stream that `key` names.

    A share `data.same_identity` of the pairs of eq. 3, evenly spread, shows one identity, in two clips where it has
    several; the others show two identities.
    """
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(list(key))))
    draws = []
    for pair in range(size // 2):
        same = int((pair + 1) * data.same_identity) > int(pair * data.same_identity)
        identity = int(rng.integers(people))
        other = (identity + int(rng.integers(1, people))) % people
        first = _draw(corpus, people, identity, None, data, rng)
        draws += [first, _draw(corpus, people, identity if same else other, first.clip if same else None, data, rng)]
    return draws


def share(draws: Sequence[Draw], part: int, parts: int, rank: int, count: int) -> Sequence[Draw]:
    """What process `rank` of `count` computes in part `part` of `parts`: together they compute a part, in order."""
    size = len(draws) // parts // count
    start = (part * count + rank) * size
    return draws[start : start + size]


def batch_of(draws: Sequence[Draw]) -> Batch:
    """The tensors of draws."""
    driving = [_image(one.clip, one.driving, one.mirrored) for one in draws]
    seen = [
        wanted if one.performance is one.clip else _image(one.performance, one.driving, one.mirrored)
        for one, wanted in zip(draws, driving, strict=True)
    ]
    return Batch(
        source=torch.stack([_image(one.clip, one.source, one.mirrored) for one in draws]),
        driving=torch.stack(driving),
        seen=torch.stack(
            [one.recolouring(image) if one.recolouring else image for one, image in zip(draws, seen, strict=True)]
        ),
        identity=torch.tensor([one.identity for one in draws]),
        shown=torch.tensor([one.shown for one in draws]),
        embedding=torch.tensor(
            np.stack([one.clip.features[one.source] for one in draws]), dtype=torch.get_default_dtype()
        ),
        names=tuple(_name(one) for one in draws),
    )


def _name(one: Draw) -> str:
    seen = "" if one.performance is one.clip else f" by {one.performance.clip.id}"
    return f"{one.clip.clip.id}[{one.source}->{one.driving}{seen}]"


def _draw(
    corpus: Corpus, people: int, identity: int, used: TrainingClip | None, data: Data, rng: np.random.Generator
) -> Draw:
    clips = corpus.clips[identity]
    fresh = [clip for clip in clips if clip is not used] or list(clips)
    clip = fresh[int(rng.integers(len(fresh)))]
    source, driving = _two_frames(clip, rng)
    mirrored = data.flip and bool(rng.integers(2))
    recolouring = draw_recolouring(data.recolour, rng) if data.recolour else None
    shown, performance = identity, clip
    if data.doubled and rng.random() < data.doubled:
        found = [
            (label, corpus.clips[label][place])
            for label, place in corpus.doubles.get(clip.clip.id, ())
            if label < people
        ]
        if found:
            shown, performance = found[int(rng.integers(len(found)))]
    return Draw(identity, clip, source, driving, shown, performance, mirrored, recolouring)


def _two_frames(clip: TrainingClip, rng: np.random.Generator) -> tuple[int, int]:
    """A frame with identity features and another one."""
    source = int(rng.choice(clip.sources))
    return source, int((source + rng.integers(1, len(clip.frames))) % len(clip.frames))


def _image(clip: TrainingClip, frame: int, mirrored: bool) -> Tensor:
    """(3, size, size) in [-1, 1]."""
    pixels = clip.frames[frame][:, ::-1] if mirrored else clip.frames[frame]
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).to(torch.get_default_dtype()) / 127.5 - 1
