"""Plugins for tests: files, and distributions that are nothing but metadata on the path."""

import sys
from pathlib import Path

METRIC = """
import numpy as np
from evalkit.metrics.base import SELF_ONLY, Metric, PerSet, check_frames


def largest(generated, reference):
    check_frames(generated, reference)
    return np.abs(generated.astype(float) - reference).max(axis=(1, 2, 3))


def metric(id="largest", **facts):
    known = dict(
        title="Largest", better="lower", reference="driving", tasks=SELF_ONLY, input=None, function=largest,
        settings="max", paper="none", description="The largest difference.", high=255.0,
    )
    return Metric(id=id, **{**known, **facts})


METRICS = (metric(),)
"""
"""A whole plugin file. `+ "METRICS = ..."` after it brings something else."""


def distribution(root: Path, name: str, entry_points: dict[str, dict[str, str]], files: dict[str, str]) -> None:
    """An installed distribution below `root`: its metadata, and its Python files."""
    folder = root / f"{name}-1.5.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    lines = [
        f"[evalkit.{group}]\n" + "\n".join(f"{k} = {v}" for k, v in one.items()) for group, one in entry_points.items()
    ]
    (folder / "entry_points.txt").write_text("\n\n".join(lines) + "\n")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def forget(*names: str) -> None:
    """Drop modules of a distribution that is gone."""
    for name in [one for one in sys.modules if one.partition(".")[0] in names]:
        del sys.modules[name]
