"""Datasets from outside: checked, and guarded while they are indexed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from evalkit.base.plugins import Offer, Plugin, guarded
from evalkit.datasets.base import Dataset, unique_clips
from evalkit.datasets.facts import complaints
from evalkit.errors import DatasetError, PluginError
from evalkit.types import Clip


def adopt(offer: Offer) -> tuple[str, Dataset]:
    """Id and dataset of what a plugin offers. Raises `PluginError` if it is not a dataset."""
    dataset = offer.value
    if not isinstance(dataset, Dataset):
        raise PluginError(f"expected a Dataset (evalkit.datasets), got {type(dataset).__name__}.")
    if wrong := complaints(dataset):
        raise PluginError(f"dataset {dataset.id!r}: {'; '.join(wrong)}.")
    what = f"The training part of the dataset {dataset.id}"
    train = guarded(dataset.train, what, offer.plugin, DatasetError) if dataset.train else None
    index = _watched(dataset, offer.plugin)
    return dataset.id, replace(dataset, plugin=offer.plugin, index=index, survey=None, train=train)


def _watched(dataset: Dataset, plugin: Plugin) -> Callable[[Path], list[Clip]]:
    what = f"The dataset {dataset.id}"
    index = guarded(dataset.index, what, plugin, DatasetError)

    def call(root: Path) -> list[Clip]:
        clips = index(root)
        if not isinstance(clips, list) or not all(isinstance(clip, Clip) for clip in clips):
            raise DatasetError(
                f"{what} of the plugin {plugin} indexed {type(clips).__name__}; expected a list of Clip."
            )
        return unique_clips(clips, root)

    return call
