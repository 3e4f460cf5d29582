"""Walks along single basis vectors of a subspace: editing motion or identity."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from baselines._shared.native.batches import inference
from baselines.sfd.lab.figures.gallery import Person, Source, animate, load_source
from baselines.sfd.lab.figures.sheet import sheet_figure
from baselines.sfd.model import SFD
from evalkit.types import Frames

Subspace = Literal["identity", "motion"]
REACH = 3.0
"""How far a walk goes to either side, in deviations of its coefficient."""


def spreads(descriptors: Tensor, basis: Tensor) -> Tensor:
    """Deviation of every coefficient over descriptors: (T, N) and orthonormal rows (K, N) -> (K,)."""
    return (descriptors @ basis.T).std(dim=0, correction=0)


def walk(model: SFD, source: Source, subspace: Subspace, direction: Tensor, steps: int) -> Frames:
    """The source at evenly spaced places from -`direction` to +`direction` (N,): (steps, size, size, 3)."""
    moved = torch.linspace(-1, 1, steps, device=direction.device)[:, None] * direction
    identity, motion = source.face.identity, source.face.motion
    if subspace == "identity":
        return animate(model, source, identity + moved, motion.expand(steps, -1))
    return animate(model, source, identity, motion + moved)


def directions_figure(
    model: SFD, people: Sequence[Person], subspace: Subspace, size: int, count: int, steps: int = 7
) -> Figure:
    """The `count` directions that change the picture of the first person most, each walked from end to end.

    The middle of a row is the source with its own motion; the ends are `REACH` deviations of the coefficient over
    the frames of all `people` away from it.
    """
    source = load_source(model, people[0], size)
    with inference():
        basis = model.subspaces.bases()[0 if subspace == "identity" else 1]  # (K, N)
    found = np.concatenate([person.identity if subspace == "identity" else person.motion for person in people])
    deviations = spreads(torch.from_numpy(found).to(basis.device), basis)
    walks = [walk(model, source, subspace, REACH * s * d, steps) for s, d in zip(deviations, basis, strict=True)]
    changes = [float(np.abs(w[0].astype(np.float64) - w[-1]).mean()) for w in walks]
    shown = np.argsort(changes, kind="stable")[::-1][:count]
    rows = [np.concatenate([source.shown, walks[index]]) for index in shown]
    columns = ["source", *(f"{place:+g} σ" if place else "own value" for place in np.linspace(-REACH, REACH, steps))]
    symbol = "x" if subspace == "identity" else "y"
    title = (
        f"{len(rows)} of {len(basis)} directions of the {subspace} subspace, those that change the picture most; "
        "σ: deviation of the coefficient"
    )
    return sheet_figure(rows, [f"{symbol}{index + 1}" for index in shown], columns, title)
