"""What a dataset is to evalkit: a way to find clips on the user's disk, and often a way to prepare them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from evalkit.base.names import is_text, nfc, shown
from evalkit.base.plugins import Plugin
from evalkit.datasets.found import Found
from evalkit.datasets.labels import Labels
from evalkit.datasets.prepare.jobs import Recipe
from evalkit.errors import DatasetError
from evalkit.types import Clip

Index: TypeAlias = Callable[[Path], list[Clip]]

_MEANWHILE = "Without any data, `evalkit run --protocol demo_cross --method copy_source` works right now."


def clips_of(survey: Callable[[Path], Found]) -> Index:
    """The `index` of a dataset that has a `survey`."""
    return lambda root: list(survey(root).clips)


@dataclass(frozen=True)
class Truth:
    """How a dataset knows what a method without fault would make: the source's person with the driving motion.

    `place(root, source, driving)` is where that clip lies, and `make(root, source, driving)` makes it if it is missing;
    both raise `DatasetError` for clips whose truth is not known.
    """

    place: Callable[[Path, Clip, Clip], Path]
    make: Callable[[Path, Clip, Clip], Path]


@dataclass(frozen=True)
class Dataset:
    """A dataset by name.

    `index(root)` lists the clips under `root`, in order of their ids; it raises `DatasetError` when there are no clips
    or two share an id, and it decodes nothing. `size` describes the amount of data. `recipe` is how `evalkit data
    prepare` makes the root; None when there is nothing to prepare. `default_root` makes or finds the data when the user
    names no root; None means that the user has to supply it. `plugin` is where it comes from, set when it is
    registered; None for those of evalkit. `survey` is an `index` that also says what it leaves out.

    `index` gives what is evaluated. `train(root)` looks for what may be trained on, test people included, which
    `splits` takes out; None means that there is no training part. `test_people` are the official ones, by name; the
    protocols say who else is tested. `labels(root)` are attributes of its clips as they come with it, none where their
    file is not under `root`; None means that it has no such file. `truth` is how the answers of
    pairs are known, in the few datasets where they are.
    """

    id: str
    title: str
    licence: str
    obtain: str
    index: Index
    size: str = ""
    recipe: Recipe | None = None
    default_root: Callable[[], Path] | None = None
    plugin: Plugin | None = None
    survey: Callable[[Path], Found] | None = None
    truth: Truth | None = None
    train: Callable[[Path], Found] | None = None
    test_people: frozenset[str] = frozenset()
    labels: Callable[[Path], Labels] | None = None

    def look(self, root: Path) -> Found:
        """The clips under `root`, and what was left out as far as the dataset says it. Raises `DatasetError`."""
        return self.survey(root) if self.survey else Found(tuple(self.index(root)))

    def true_clip(self, root: Path) -> Callable[[Clip, Clip], Path] | None:
        """Where the true clip of a source and a driving clip lies; None for a dataset that does not know it."""
        return partial(self.truth.place, root) if self.truth else None

    def resolve_root(self, root: Path | None) -> Path:
        """The folder to index. If data is missing, raises `DatasetError` that says how to get it."""
        if root is None:
            if self.default_root is None:
                raise DatasetError(f"The dataset {self.id!r} needs --data DIR. {self.advice}")
            return self.default_root()
        if not root.is_dir():
            raise DatasetError(f"--data {root}: no such folder. {self.advice}")
        return root

    @property
    def advice(self) -> str:
        """What to do without the data: how to get and prepare it, and a command that works without it."""
        if self.recipe is None:
            return f"{self.obtain} {_MEANWHILE}"
        lists, fetch = "", ""
        if self.recipe.listed:
            lists, fetch = " --lists LISTS", f"`evalkit data commands {self.id} --lists LISTS` writes what to fetch, "
        return (
            f"{self.obtain} Then {fetch}`evalkit data prepare {self.id} --raw VIDEOS{lists} --data DIR` makes the "
            f"folder, and this command runs with --data DIR. {_MEANWHILE}"
        )


def unique_clips(clips: list[Clip], root: Path) -> list[Clip]:
    """`clips` in order of id, their names in composed form (NFC).

    Raises `DatasetError` for none at all, two clips with one id, or a name that is not UTF-8.
    """
    if not clips:
        raise DatasetError(f"{root}: no clip found. Expected videos, image-sequence folders or a manifest.csv.")
    for clip in clips:
        if not is_text(clip.id + clip.identity):
            raise DatasetError(f"{shown(clip.path)}: the name is not UTF-8. Rename it.")
    clips = [replace(clip, id=nfc(clip.id), identity=nfc(clip.identity)) for clip in clips]
    seen: dict[str, Clip] = {}
    for clip in clips:
        if clip.id in seen:
            raise DatasetError(
                f"{root}: two clips have the id {clip.id!r}: {seen[clip.id].path} and {clip.path}. Rename one."
            )
        seen[clip.id] = clip
    return sorted(clips, key=lambda clip: clip.id)


def no_lists(lists: Path | None, expected: str) -> DatasetError:
    """The error for `--lists` that is not given or holds nothing of what a recipe reads."""
    return DatasetError(f"--lists {lists or '(not given)'}: expected {expected}.")
