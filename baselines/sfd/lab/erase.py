"""Take out of a trained model's motion descriptors what tells people apart, in closed form.

    python -m baselines.sfd.lab.erase --weights FILE --data ROOT --out ERASED

ROOT needs doubles (`baselines.sfd.lab.training.doubles`): clips in which several people make one motion. A direction of
the motion coefficients in which doubles differ as much as any two frames do says nothing of motion. Those in which less
than half of the variance is motion's are projected out. What is left is an affine map of the encoder's vector still,
with fewer independent rows; shape and cost of the model stay. It is in the manner of nuisance attribute projection
(Solomonoff, Campbell and Boardman, ICASSP 2005), with doubles where they have sessions, and with directions relative to
the variance of all frames as in linear discriminant analysis, so that small ones count too.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg
from torch import nn

from baselines.sfd.faces import windows_of
from baselines.sfd.lab.command import positive, run
from baselines.sfd.lab.descriptors import clips_of_people, describe, named_people
from baselines.sfd.lab.inspecting import model_arguments
from baselines.sfd.lab.training.doubles import one_length
from baselines.sfd.lab.training.prepared import spaced
from baselines.sfd.model import SFD
from baselines.sfd.weights import PROVENANCE, load_model, read_file, write_weights
from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.folder import motions
from evalkit.errors import DatasetError
from evalkit.types import Clip

_RIDGE = 1e-9


@dataclass(frozen=True)
class Erasure:
    """Which affine map of q motion coefficients c leaves motion alone: `matrix @ (c - mean) + mean`.

    Attributes:
        mean: (q,).
        matrix: (q, q), a projection.
        persons: (q,) share of the variance that is not motion's in each direction, ascending; about 1 for none at all.
        kept: how many of the directions stay.
        variance: share of the coefficients' variance that stays.
    """

    mean: NDArray[np.float64]
    matrix: NDArray[np.float64]
    persons: NDArray[np.float64]
    kept: int
    variance: float


def erasure(groups: Sequence[NDArray[np.floating]], most: float = 0.5) -> Erasure:
    """Find it.

    Args:
        groups: for every motion coefficients (P, T, q) of T frames, made by P >= 2 people.
        most: directions in which a larger share of the variance is not motion's are taken out.

    Raises:
        DatasetError: no motion is made by two people, too few frames, all of them alike, or no direction is left.
    """
    if not groups or min(len(group) for group in groups) < 2:
        raise DatasetError("Every motion must be made by at least two people.")
    q = groups[0].shape[-1]
    rows = np.concatenate([group.reshape(-1, q) for group in groups]).astype(np.float64)
    if len(rows) <= 2 * q:
        raise DatasetError(
            f"{len(rows)} frames of doubles are too few for {q} motion coefficients: add clips or frames."
        )
    around = [(group - group.mean(axis=0)).reshape(-1, q).astype(np.float64) for group in groups]
    freedom = sum(len(part) * (len(group) - 1) / len(group) for part, group in zip(around, groups, strict=True))
    mean, total = rows.mean(axis=0), np.cov(rows.T).reshape(q, q)
    within = np.concatenate(around).T @ np.concatenate(around) / freedom
    if not np.trace(total):
        raise DatasetError("The motion coefficients are the same in all frames; expected clips in which people move.")
    ridge = _RIDGE * np.trace(total) * np.eye(q)  # a direction without variance says nothing of motion
    firm = total + ridge
    persons, directions = linalg.eigh(within + ridge, firm)
    kept = int(np.count_nonzero(persons <= most))
    if not kept:
        raise DatasetError(
            f"In no direction of the motion coefficients is {1 - most:.0%} of the variance motion's (at best "
            f"{max(0, 1 - persons[0]):.0%}): the model knows no motion yet. Train it further."
        )
    matrix = firm @ directions[:, :kept] @ directions[:, :kept].T
    variance = float(np.trace(matrix @ total @ matrix.T) / np.trace(total))
    return Erasure(mean, matrix, persons, kept, variance)


@torch.no_grad()
def erase(model: SFD, found: Erasure) -> None:
    """Put the map into the last layer of the model's motion head. The model is on the CPU."""
    head = model.encoder.motion[-1]
    if not isinstance(head, nn.Linear):
        raise TypeError(f"the motion head ends in {type(head).__name__}")
    origin, spread = _scaling(model, len(found.mean))
    matrix = found.matrix * spread / spread[:, None]
    shift = (found.matrix @ (origin - found.mean) + found.mean - origin) / spread
    head.weight.copy_(torch.from_numpy(matrix @ head.weight.double().numpy()))
    head.bias.copy_(torch.from_numpy(matrix @ head.bias.double().numpy() + shift))


def _scaling(model: SFD, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the head says is multiplied by the second and shifted by the first to give coefficients, (q,) each."""
    scale = model.encoder.scale_m
    if scale is None:
        return np.zeros(count), np.ones(count)
    at_zero, at_one = scale(torch.stack((torch.zeros(count), torch.ones(count)))).double().numpy()
    return at_zero, at_one - at_zero


def coefficients(
    model: SFD, people: Mapping[str, Sequence[Clip]], motion: Mapping[str, str], frames: int
) -> list[NDArray[np.floating]]:
    """For every motion that several people make, their motion coefficients (P, T, q); of each person the first clip.

    Args:
        model: in evaluation mode.
        people: person -> clips.
        motion: id of a clip -> name of its motion.
        frames: at most so many per clip, evenly spaced.

    Raises:
        DatasetError: no motion is made by two people, or one in different lengths.
        VideoError: a clip cannot be read.
    """
    made: dict[str, dict[str, Clip]] = {}
    for clip in (clip for clips in people.values() for clip in clips if clip.id in motion):
        made.setdefault(motion[clip.id], {}).setdefault(clip.identity, clip)
    shared = {name: list(by_person.values()) for name, by_person in made.items() if len(by_person) > 1}
    if not shared:
        raise DatasetError(
            "No motion is made by two people: a column 'motion' in the manifest.csv of --data names what clips of "
            "several people show alike, frame by frame (`python -m baselines.sfd.lab.data --shared-motion` makes some)."
        )
    windows, basis = windows_of(model.shape), model.subspaces.bases()[1].detach().cpu().numpy()  # (q, N)
    groups = []
    for name, clips in shared.items():
        indices = spaced(one_length(name, {clip.id: video.count_frames(clip.path) for clip in clips}), frames)
        groups.append(np.stack([describe(model, clip, indices, windows).motion @ basis.T for clip in clips]))
    return groups


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 2 for an error that the user can act on."""
    parser = model_arguments("baselines.sfd.lab.erase", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="weight file to write")
    parser.add_argument("--frames", type=positive, default=8, help="per clip, evenly spaced; default: 8")
    return run(_answer, parser.parse_args(arguments))


def _answer(given: argparse.Namespace) -> None:
    source = DATASETS[given.dataset]
    root = source.resolve_root(given.data)
    people = clips_of_people(given.dataset, root)
    chosen = named_people(people, given.people) if given.people else people
    model = load_model(given.weights).eval().to(given.device)
    found = erasure(coefficients(model, chosen, motions(root), given.frames))
    erase(model.cpu(), found)
    facts = {name: fact for name, fact in read_file(given.weights)[0].items() if name in PROVENANCE}
    write_weights(given.out, model, facts | {"erased": {"kept": found.kept, "variance": found.variance}})
    shares = ", ".join(f"{share:.2f}" for share in found.persons)
    sys.stdout.write(
        f"{found.kept} of {len(found.mean)} directions of the motion coefficients stay, with {found.variance:.2%} of "
        f"their variance.\nShare of each direction's variance that is not motion's: {shares}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
