"""Look into a trained model: the pictures of the paper's section III-E.

    python -m baselines.sfd.lab.figures --weights FILE --data ROOT --out DIR

writes interpolation, motion_directions, identity_directions, tsne and roles into DIR, each as PNG and PDF. Of --people
the first two drive in the interpolation; without it five people are drawn at random. Needs scikit-learn:
pip install 'evalkit[train]'.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from baselines.sfd.lab.command import positive, run
from baselines.sfd.lab.descriptors import clips_of_people, named_people
from baselines.sfd.lab.figures.directions import directions_figure
from baselines.sfd.lab.figures.gallery import LEAST_PEOPLE, Person, choose_people, load_person
from baselines.sfd.lab.figures.interpolation import interpolation_figure
from baselines.sfd.lab.figures.roles import roles_figure
from baselines.sfd.lab.figures.tsne import tsne_figure
from baselines.sfd.lab.inspecting import model_arguments, need_scikit_learn
from baselines.sfd.model import SFD
from baselines.sfd.weights import load_model
from evalkit.errors import DatasetError
from evalkit.figures.files import save_figure

_LOG = logging.getLogger("evalkit")
_FORMATS = (".png", ".pdf")
_PEOPLE = 5


def figures(
    model: SFD, people: Sequence[Person], *, size: int, directions: int, seed: int
) -> Iterator[tuple[str, Figure]]:
    """Name and figure, one after the other; what a model without identity subspace cannot show is left out and said.

    Args:
        model: in evaluation mode.
        people: `LEAST_PEOPLE` or more; the first two drive in the interpolation.
        size: side of the pictures, pixels.
        directions: how many of each subspace are shown.
        seed: of all that is drawn at random.
    """
    yield "interpolation", interpolation_figure(model, people, size)
    yield "motion_directions", directions_figure(model, people, "motion", size, directions)
    if model.shape.identity_dim:
        yield "identity_directions", directions_figure(model, people, "identity", size, directions)
    else:
        _LOG.warning(
            "no identity_directions: this model has no identity subspace; elsewhere its encoder's vector stands in"
        )
    described = "identity descriptors w_id" if model.shape.identity_dim else "encoder's vectors (no identity subspace)"
    yield "tsne", tsne_figure(people, seed, described)
    yield "roles", roles_figure(model, people, size, seed)


def write_figures(given: argparse.Namespace) -> None:
    """Do what the command line asks."""
    need_scikit_learn()
    model = load_model(given.weights).eval().to(given.device)
    people = clips_of_people(given.dataset, given.data)
    names = given.people or choose_people(people, _PEOPLE, given.seed)
    if len(set(names)) < max(len(names), LEAST_PEOPLE):
        raise DatasetError(f"--people {' '.join(names)}: expected {LEAST_PEOPLE} or more different people.")
    chosen = named_people(people, names)
    loaded = [load_person(model, name, clips, given.frames, given.seed) for name, clips in chosen.items()]
    for name, figure in figures(model, loaded, size=given.size, directions=given.directions, seed=given.seed):
        for ending in _FORMATS:
            save_figure(figure, given.out / f"{name}{ending}")
        _LOG.info("%s", given.out / f"{name}.png")


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 2 for an error that the user can act on."""
    parser = model_arguments("baselines.sfd.lab.figures", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    parser.add_argument(
        "--frames", type=positive, default=200, help="per person, at random; default: 200 (the paper's)"
    )
    parser.add_argument("--directions", type=positive, default=6, help="of each subspace; default: 6")
    parser.add_argument("--size", type=positive, default=256, help="side of a picture, pixels; default: 256")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn at random; default: 0")
    return run(write_figures, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
