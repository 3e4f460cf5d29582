"""What writes to one feature cache from a process of its own; imports little, so that it starts at once."""

import os
from pathlib import Path

import numpy as np

from evalkit.base.files import atomic_path
from evalkit.scoring.cache import FeatureCache, feature_key

KEY = feature_key("a" * 64, {"size": 256}, "net@1")


def die_while_writing(path: Path) -> None:
    """Leave a half written temporary file, as a killed process does."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"PK half")
        os._exit(9)


def save_often(folder: Path, worker: int) -> None:
    """Save an array of the number of this worker under one key, again and again."""
    for _ in range(50):
        FeatureCache(folder).save(KEY, {"points": np.full((50, 50), float(worker))})
