"""The contract of a dataset."""

from collections.abc import Callable

from evalkit.datasets import Dataset
from evalkit.datasets.facts import complaints


def facts(dataset: Dataset) -> str:
    """The facts are complete and of their types."""
    return "; ".join(complaints(dataset))


def checks_of(dataset: Dataset) -> dict[str, Callable[[Dataset], str]]:
    """Name -> check. Whether it finds clips is for `evalkit data check`, with the data at hand."""
    return {"facts": facts}
