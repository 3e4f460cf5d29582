"""Motion between two driving frames of different people (Fig. 6 of the paper)."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from baselines.sfd.lab.figures.gallery import Person, Source, animate, load_source
from baselines.sfd.lab.figures.sheet import sheet_figure
from baselines.sfd.model import SFD
from evalkit.types import Frames


def between(first: Tensor, last: Tensor, steps: int) -> Tensor:
    """(N,) and (N,) -> (steps, N), evenly spaced on the line between them; the ends are bit by bit the two."""
    shares = torch.linspace(0, 1, steps, device=first.device, dtype=first.dtype)[:, None]
    return (1 - shares) * first + shares * last


def farthest(first: Person, last: Person) -> tuple[int, int]:
    """Which frames of two people have motion descriptors farthest apart: a row of each."""
    distances = np.linalg.norm(first.motion[:, None] - last.motion[None], axis=2)
    row, column = np.unravel_index(int(distances.argmax()), distances.shape)
    return int(row), int(column)


def interpolated(model: SFD, source: Source, first: Tensor, last: Tensor, steps: int) -> Frames:
    """(steps, size, size, 3): the source with the motions `between` two motion descriptors (N,)."""
    motions = between(first, last, steps).to(source.picture.device)
    return animate(model, source, source.face.identity, motions)


def interpolation_figure(model: SFD, people: Sequence[Person], size: int, steps: int = 7) -> Figure:
    """One row per source: the source, `steps` pictures from the first to the second motion, between the drivers.

    The first two people drive, the others are the sources.
    """
    left, right = people[:2]
    places = farthest(left, right)
    ends = [person.picture(place, size) for person, place in zip((left, right), places, strict=True)]
    first, last = torch.from_numpy(left.motion[places[0]]), torch.from_numpy(right.motion[places[1]])
    rows = []
    for person in people[2:]:
        source = load_source(model, person, size)
        made = interpolated(model, source, first, last, steps)
        rows.append(np.concatenate([source.shown, ends[0], made, ends[1]]))
    shares = [f"t = {share:.2f}" for share in np.linspace(0, 1, steps)]
    columns = ["source", f"driving {left.name}", *shares, f"driving {right.name}"]
    title = "Motion interpolated between two driving frames: F = w_id + (1 - t) w_m(left) + t w_m(right)"
    return sheet_figure(rows, [person.name for person in people[2:]], columns, title)
