"""What a trained model outputs for the frames of people: the material of the probe and of the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from baselines._shared.native.batches import inference
from baselines._shared.stylegan.images import to_tensor
from baselines.sfd.faces import Windows, read_faces
from baselines.sfd.model import SFD
from baselines.sfd.window import Window
from evalkit.datasets import DATASETS
from evalkit.errors import DatasetError, UnknownNameError
from evalkit.types import Clip

_BATCH = 16


@dataclass(frozen=True)
class Described:
    """T frames of a clip and their descriptors.

    Attributes:
        clip: the clip.
        window: where the network looked.
        frames: their indices in the clip.
        identity: w_id, (T, N) float32; without an identity subspace the encoder's vector.
        motion: w_m, (T, N) float32.
    """

    clip: Clip
    window: Window
    frames: tuple[int, ...]
    identity: NDArray[np.float32]
    motion: NDArray[np.float32]


def clips_of_people(dataset: str, root: Path | None) -> dict[str, list[Clip]]:
    """Person -> clips, both in order of name; portraits are left out. Raises `DatasetError`, `UnknownNameError`."""
    source = DATASETS[dataset]
    clips = [clip for clip in source.index(source.resolve_root(root)) if clip.kind == "clip"]
    if not clips:
        raise DatasetError(f"{root or dataset}: expected clips of people, found single images only.")
    return {name: [clip for clip in clips if clip.identity == name] for name in sorted({c.identity for c in clips})}


def named_people(people: dict[str, list[Clip]], names: Sequence[str]) -> dict[str, list[Clip]]:
    """The people called `names`, in that order. Raises `UnknownNameError` for an unknown one."""
    for name in names:
        if name not in people:
            raise UnknownNameError("person in this data", name, people)
    return {name: people[name] for name in names}


def describe(model: SFD, clip: Clip, frames: Sequence[int], windows: Windows) -> Described:
    """Descriptors of the frames at these indices. Raises `VideoError` for a clip that cannot be read."""
    window = windows.of_clip(clip.path)
    pictures = to_tensor(read_faces(clip.path, frames, window, model.shape.size))
    device = model.subspaces.weight.device
    with inference():
        faces = [model.describe(part.to(device)) for part in torch.split(pictures, _BATCH)]
    identity = torch.cat([face.identity for face in faces]).cpu().numpy()
    motion = torch.cat([face.motion for face in faces]).cpu().numpy()
    return Described(clip, window, tuple(frames), identity, motion)
