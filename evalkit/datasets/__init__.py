"""Datasets: one file each."""

from evalkit.datasets.base import Dataset
from evalkit.registry import Registry

DATASETS: Registry[Dataset] = Registry("dataset")
for _id in ("celebv", "celebv_hq", "demo", "folder", "hdtf", "talkinghead_1kh", "voxceleb1", "voxceleb2"):
    DATASETS.register(_id, f"evalkit.datasets.{_id}:DATASET")

__all__ = ["DATASETS", "Dataset"]
