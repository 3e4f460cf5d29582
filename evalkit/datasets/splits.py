"""Who may be trained on: nobody whom a protocol of evalkit tests, whichever folder the clips lie in.

Test people are the official ones of a dataset, those in the pair lists of protocols, and those whom a protocol chooses
by a digest of their names among the people at hand. Names count across datasets: a folder with clips of VoxCeleb or
HDTF is known by their names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from evalkit.base.csvfile import read_rows
from evalkit.base.files import canonical_sha256
from evalkit.datasets import DATASETS
from evalkit.datasets.base import Dataset
from evalkit.datasets.found import Found
from evalkit.datasets.hdtf import person_in as person_of_hdtf
from evalkit.datasets.identities import identity_rule
from evalkit.datasets.talkinghead_1kh import person_in as person_of_th1kh
from evalkit.datasets.vox import person_in as person_of_vox
from evalkit.errors import DatasetError, ProtocolError
from evalkit.protocol.pairs import take_clips
from evalkit.protocol.schema import list_protocols
from evalkit.types import Clip

_SHOWN = 3


@dataclass(frozen=True)
class TrainingPart:
    """What is left of a dataset for training.

    Attributes:
        clips: in order of id; of no portrait.
        left_out: clips of test people.
        digest: sha256 of the dataset's name and of the names of people on both sides.
    """

    clips: tuple[Clip, ...]
    left_out: tuple[Clip, ...]
    digest: str

    @property
    def summary(self) -> str:
        """How many are there and how many are left out."""
        tested = _people(self.left_out)
        named = f" ({', '.join(tested[:_SHOWN])}{', ...' if len(tested) > _SHOWN else ''})" if tested else ""
        return (
            f"{len(_people(self.clips))} people in {len(self.clips)} clips; left out as test people of evalkit's "
            f"protocols: {len(tested)} people{named} in {len(self.left_out)} clips"
        )


def training_part(dataset: Dataset, root: Path) -> TrainingPart:
    """The clips under `root` that may be trained on.

    Raises `DatasetError` for a dataset without a training part, for clips that say of nobody who it is, and where only
    test people are left.
    """
    part = parted(dataset, training_clips(dataset)(root).clips)
    if not part.clips:
        raise DatasetError(f"{root}: nobody to train on. It has {part.summary}.")
    if len(part.clips) > 1 and all(clip.identity in (clip.path.name, clip.path.stem) for clip in part.clips):
        raise DatasetError(
            f"{root}: none of its {len(part.clips)} clips says whom it shows, so every clip would be a person of its "
            "own. Put them into folders by person (<person>/<clip>.mp4), write a manifest.csv with a column identity, "
            "or keep names that say it (<person>#<video>#<start>#<end>.mp4)."
        )
    return part


def training_clips(dataset: Dataset) -> Callable[[Path], Found]:
    """What finds the training part under a data root. Raises `DatasetError` for a dataset without one."""
    if dataset.train is None:
        raise DatasetError(
            f"The dataset {dataset.id!r} has no training part: evalkit tests on all that it has, or it does not say "
            "who may be trained on. Train on another one; `folder` takes any clips."
        )
    return dataset.train


def parted(dataset: Dataset, clips: Sequence[Clip]) -> TrainingPart:
    """Clips of a dataset's training part without those of test people."""
    named = [replace(clip, identity=_person_in(clip)) for clip in clips if clip.kind == "clip"]
    tested = named_test_people() | _chosen(dataset, named)
    kept = tuple(clip for clip in named if clip.identity not in tested)
    left_out = tuple(clip for clip in named if clip.identity in tested)
    return TrainingPart(kept, left_out, canonical_sha256([dataset.id, _people(kept), _people(left_out)]))


@cache
def named_test_people() -> frozenset[str]:
    """The people whom protocols of evalkit test, as far as their names do not depend on the clips at hand."""
    people: set[str] = set()
    for protocol in list_protocols():
        people |= DATASETS[protocol.dataset].test_people
        if protocol.list_path:
            person_of = identity_rule(protocol.dataset)
            rows = read_rows(protocol.list_path, required=("source", "driving"), error=ProtocolError)
            people |= {person_of(row.text(column)) for row in rows for column in ("source", "driving")}
    return frozenset(people)


def _chosen(dataset: Dataset, clips: Sequence[Clip]) -> set[str]:
    """The people whom protocols of the dataset choose among these."""
    rules = [one for one in list_protocols() if one.dataset == dataset.id and one.clips.identities]
    return {clip.identity for protocol in rules for clip in take_clips(protocol, clips, missing_ok=True)}


def _person_in(clip: Clip) -> str:
    """The person by the name of the clip's file where that is one of a dataset, else as the dataset has it."""
    found = (person_of(name) for person_of in _NAMING for name in (clip.path.name, clip.path.stem))
    return next((person for person in found if person), clip.identity)


_NAMING = (person_of_vox, person_of_hdtf, person_of_th1kh)


def _people(clips: Sequence[Clip]) -> list[str]:
    return sorted({clip.identity for clip in clips})
