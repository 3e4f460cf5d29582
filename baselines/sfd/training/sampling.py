"""Which frames a step sees: a function of seed, step and process alone, so that a resumed training goes on the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from baselines.sfd.training.config import Data
from baselines.sfd.training.corpus import Corpus, TrainingClip


@dataclass(frozen=True)
class Batch:
    """B training pairs; image i and image i + B / 2 are a pair of eq. 3.

    Attributes:
        source, driving: (B, 3, size, size) in [-1, 1], two frames of one clip each.
        identity: (B,) labels.
        embedding: (B, D) identity features of the sources.
        names: which frames these are, for messages.
    """

    source: Tensor
    driving: Tensor
    identity: Tensor
    embedding: Tensor
    names: tuple[str, ...]

    def to(self, device: str) -> "Batch":
        """The same on another device."""
        source, driving = self.source.to(device), self.driving.to(device)
        return Batch(source, driving, self.identity.to(device), self.embedding.to(device), self.names)


@dataclass(frozen=True)
class Draw:
    """One pair of frames: identity, clip, source and driving frame, mirrored or not."""

    identity: int
    clip: TrainingClip
    source: int
    driving: int
    mirrored: bool


def draw(corpus: Corpus, people: int, size: int, data: Data, key: Sequence[int]) -> list[Draw]:
    """`size` draws from the first `people` identities, for the stream that `key` names.

    The first round(`data.same_identity` * `size` / 2) pairs of eq. 3 show one identity, in two clips where it has
    several; the others show two identities.
    """
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(list(key))))
    pairs = size // 2
    same = round(data.same_identity * pairs)
    firsts = rng.integers(people, size=pairs)
    others = (firsts + rng.integers(1, people, size=pairs)) % people
    left = [_draw(corpus, int(identity), None, data.flip, rng) for identity in firsts]
    right = [
        _draw(corpus, int(firsts[i] if i < same else others[i]), left[i].clip if i < same else None, data.flip, rng)
        for i in range(pairs)
    ]
    return left + right


def batch_of(draws: Sequence[Draw]) -> Batch:
    """The tensors of draws."""
    return Batch(
        source=torch.stack([_image(one.clip, one.source, one.mirrored) for one in draws]),
        driving=torch.stack([_image(one.clip, one.driving, one.mirrored) for one in draws]),
        identity=torch.tensor([one.identity for one in draws]),
        embedding=torch.tensor(np.stack([one.clip.embedding for one in draws]), dtype=torch.float32),
        names=tuple(f"{one.clip.clip.id}[{one.source}->{one.driving}]" for one in draws),
    )


def _draw(corpus: Corpus, identity: int, used: TrainingClip | None, flip: bool, rng: np.random.Generator) -> Draw:
    clips = corpus.clips[identity]
    fresh = [clip for clip in clips if clip is not used] or list(clips)
    clip = fresh[int(rng.integers(len(fresh)))]
    source, driving = (int(index) for index in rng.choice(len(clip.frames), size=2, replace=False))
    return Draw(identity, clip, source, driving, flip and bool(rng.integers(2)))


def _image(clip: TrainingClip, frame: int, mirrored: bool) -> Tensor:
    """(3, size, size) in [-1, 1]."""
    pixels = clip.frames[frame][:, ::-1] if mirrored else clip.frames[frame]
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float() / 127.5 - 1
