"""What each descriptor does alone: F = w_id, and F = w_m (right of Fig. 5 of the paper)."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from baselines.sfd.lab.figures.gallery import Person, Source, animate, load_source
from baselines.sfd.lab.figures.sheet import sheet_figure
from baselines.sfd.model import SFD
from evalkit.types import Frames


def identity_only(model: SFD, photo: Source) -> Frames:
    """The picture of F = w_id: (1, size, size, 3)."""
    return animate(model, photo, photo.face.identity, torch.zeros_like(photo.face.motion))


def motion_only(model: SFD, photo: Source) -> Frames:
    """The picture of F = w_m: (1, size, size, 3)."""
    return animate(model, photo, torch.zeros_like(photo.face.identity), photo.face.motion)


def roles_figure(model: SFD, people: Sequence[Person], size: int, seed: int) -> Figure:
    """Two sets of photos, one frame at random of every person in each; below them the pictures of one descriptor."""
    rng = np.random.default_rng([seed, 2])
    sets = [
        [load_source(model, person, size, int(rng.integers(len(person.motion)))) for person in people] for _ in range(2)
    ]
    rows = [
        np.concatenate([photo.shown for photo in sets[0]]),
        np.concatenate([identity_only(model, photo) for photo in sets[0]]),
        np.concatenate([photo.shown for photo in sets[1]]),
        np.concatenate([motion_only(model, photo) for photo in sets[1]]),
    ]
    identity = "identity" if model.shape.identity_dim else "appearance"
    titles = ["first set", f"{identity} only\nF = w_id", "second set", "motion only\nF = w_m"]
    return sheet_figure(
        rows, titles, [person.name for person in people], "Each descriptor alone, the other set to zero"
    )
