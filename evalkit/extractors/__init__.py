"""Extractors: one network or formula per file, each saying something of every frame."""

from evalkit.extractors.base import Extract, Extractor
from evalkit.registry import Registry

EXTRACTORS: Registry[Extractor] = Registry("extractor")
for _id in ("dlib68", "dlib128", "landmark_pose", "landmark_expression"):
    EXTRACTORS.register(_id, f"evalkit.extractors.{_id}:EXTRACTOR")

__all__ = ["EXTRACTORS", "Extract", "Extractor"]
