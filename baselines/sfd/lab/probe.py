"""How much of a person's identity a linear probe finds in motion and in identity descriptors.

    python -m baselines.sfd.lab.probe --weights FILE --data ROOT

The last clip of every person is tested on, the others are learned from, so that the probe meets each person again in
another clip. A motion subspace that is free of identity gives chance. Needs scikit-learn: pip install 'evalkit[train]'.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.sfd.faces import windows_of
from baselines.sfd.lab.command import positive, run
from baselines.sfd.lab.descriptors import Described, clips_of_people, describe, named_people
from baselines.sfd.lab.inspecting import model_arguments, need_scikit_learn
from baselines.sfd.lab.training.prepared import spaced
from baselines.sfd.model import SFD
from baselines.sfd.weights import load_model
from evalkit.clips import video
from evalkit.errors import DatasetError
from evalkit.types import Clip

_LOG = logging.getLogger("evalkit")
_STEPS = 2000
_SHOWN = 5


@dataclass(frozen=True)
class Probed:
    """What the probe found.

    Attributes:
        identity, motion: share of the tested frames whose person is named rightly, from w_id and from w_m.
        chance: share that the best constant answer gets right.
        people: how many there are to choose from.
        learned, tested: frames.
        subspace: whether w_id lies in an identity subspace; without one it is the encoder's vector.
    """

    identity: float
    motion: float
    chance: float
    people: int
    learned: int
    tested: int
    subspace: bool


def probe(model: SFD, people: dict[str, list[Clip]], frames: int) -> Probed:
    """Describe evenly spaced frames of every clip and ask the probe who they show.

    Args:
        model: in evaluation mode.
        people: person -> clips; who has one clip only is left out and named in a warning.
        frames: at most so many per clip.

    Raises:
        DatasetError: fewer than two people have two clips.
        VideoError: a clip cannot be read.
    """
    kept = {name: clips for name, clips in people.items() if len(clips) > 1}
    if alone := [name for name in people if name not in kept]:
        _LOG.warning("%d people with one clip are left out: %s", len(alone), ", ".join(alone[:_SHOWN]))
    if len(kept) < 2:
        raise DatasetError(
            f"The probe learns from one clip of a person and is tested on another; {len(kept)} of {len(people)} people "
            "have two clips. At least two people are needed: add clips of them."
        )
    windows = windows_of(model.shape)
    said = {
        name: [describe(model, clip, spaced(video.count_frames(clip.path), frames), windows) for clip in clips]
        for name, clips in kept.items()
    }
    learned = [one for clips in said.values() for one in clips[:-1]]
    tested = [clips[-1] for clips in said.values()]
    names, true = _names(learned), _names(tested)
    return Probed(
        identity=accuracy(
            np.concatenate([one.identity for one in learned]),
            np.concatenate([one.identity for one in tested]),
            names,
            true,
        ),
        motion=accuracy(
            np.concatenate([one.motion for one in learned]), np.concatenate([one.motion for one in tested]), names, true
        ),
        chance=float(np.unique(true, return_counts=True)[1].max() / len(true)),
        people=len(kept),
        learned=len(names),
        tested=len(true),
        subspace=model.shape.identity_dim > 0,
    )


def accuracy(
    learned: NDArray[np.float32], tested: NDArray[np.float32], names: NDArray[np.str_], true: NDArray[np.str_]
) -> float:
    """Share of `tested` that multinomial logistic regression names rightly, in [0, 1].

    Inputs are standardised by the mean and deviation of `learned`; the penalty is half the squared norm of the weights
    (C = 1 of scikit-learn).

    Args:
        learned: (A, N) descriptors to learn from.
        tested: (B, N).
        names: (A,) who is seen in `learned`.
        true: (B,) who is seen in `tested`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=_STEPS))
    classifier.fit(learned, names)
    return float(np.mean(classifier.predict(tested) == true))


def _names(part: Sequence[Described]) -> NDArray[np.str_]:
    return np.concatenate([np.full(len(one.frames), one.clip.identity) for one in part])


def text(found: Probed) -> str:
    """The result in words, one line per number."""
    where = "identity descriptors" if found.subspace else "encoder's vectors"
    lines = [
        f"{found.people} people; learned from {found.learned} frames, tested on {found.tested} of other clips",
        f"{where:<22}{found.identity:7.1%}",
        f"{'motion descriptors':<22}{found.motion:7.1%}",
        f"{'chance':<22}{found.chance:7.1%}",
    ]
    if not found.subspace:
        lines.append("This model has no identity subspace: the encoder's whole vector stands in, motion and all.")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 2 for an error that the user can act on."""
    parser = model_arguments("baselines.sfd.lab.probe", __doc__)
    parser.add_argument("--frames", type=positive, default=32, help="per clip, evenly spaced; default: 32")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return run(_answer, parser.parse_args(arguments))


def _answer(given: argparse.Namespace) -> None:
    need_scikit_learn()
    people = clips_of_people(given.dataset, given.data)
    chosen = named_people(people, given.people) if given.people else people
    found = probe(load_model(given.weights).eval().to(given.device), chosen, given.frames)
    sys.stdout.write((json.dumps(asdict(found), indent=2) if given.json else text(found)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
