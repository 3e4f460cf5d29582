"""Rules for the facts of a dataset: tests check evalkit's own, registration checks those of plugins."""

import re

from evalkit.datasets.base import Dataset


def complaints(dataset: Dataset) -> list[str]:
    """What is wrong with the facts of a dataset, each in a few words; empty when nothing is."""
    wrong = []
    if not isinstance(dataset.id, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_]*", dataset.id):
        wrong.append(f"the id {dataset.id!r} must consist of lower-case letters, digits and underscores")
    for name in ("title", "licence", "obtain"):
        text = getattr(dataset, name)
        if not isinstance(text, str) or not text.strip():
            wrong.append(f"{name} is {text!r}; expected text")
    if isinstance(dataset.obtain, str) and not dataset.obtain.strip().endswith("."):
        wrong.append("obtain must be a sentence that ends with a full stop")
    if not callable(dataset.index):
        wrong.append(f"index is {dataset.index!r}; expected a function of the root")
    return wrong
