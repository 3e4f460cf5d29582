"""Extractors: one network or formula per file, each saying something of every frame."""

from evalkit.extractors.base import WHOLE_CLIP, Extract, ExtractClip, Extractor
from evalkit.registry import Registry

EXTRACTORS: Registry[Extractor] = Registry("extractor")
for _id in ("dlib68", "dlib128", "landmark_pose", "landmark_expression"):
    EXTRACTORS.register(_id, f"evalkit.extractors.{_id}:EXTRACTOR")
for _id in ("scrfd", "arcface", "mtcnn5", "mediapipe478", "fan68", "tddfa_v2", "fsanet"):
    EXTRACTORS.register(_id, f"evalkit.extractors.{_id}:EXTRACTOR")
EXTRACTORS.register("deep3d", "evalkit.extractors.deep3d.extractor:EXTRACTOR")
EXTRACTORS.register("scrfd_500m", "evalkit.extractors.scrfd:EXTRACTOR_500M")
EXTRACTORS.register("arcface_glint100", "evalkit.extractors.arcface:EXTRACTOR_GLINT100")
EXTRACTORS.register("arcface_onnx", "evalkit.extractors.arcface:EXTRACTOR_CUSTOM")
EXTRACTORS.register("mobilefacenet", "evalkit.extractors.arcface:EXTRACTOR_MOBILEFACENET")
EXTRACTORS.register("insightface", "evalkit.extractors.insightface_app:EXTRACTOR")
EXTRACTORS.register("openface", "evalkit.extractors.openface:EXTRACTOR")
EXTRACTORS.register("inception", "evalkit.extractors.inception:EXTRACTOR")
EXTRACTORS.register("inception_clean", "evalkit.extractors.inception:EXTRACTOR_CLEAN")
EXTRACTORS.register("inception_tf", "evalkit.extractors.inception:EXTRACTOR_TF")
EXTRACTORS.register("i3d", "evalkit.extractors.i3d:EXTRACTOR")
EXTRACTORS.register("i3d_centre", "evalkit.extractors.i3d:EXTRACTOR_CENTRE")
EXTRACTORS.register("i3d_videogpt", "evalkit.extractors.i3d_videogpt:EXTRACTOR")
EXTRACTORS.register("lpips_alex", "evalkit.extractors.lpips:EXTRACTOR_ALEX")
EXTRACTORS.register("lpips_vgg", "evalkit.extractors.lpips:EXTRACTOR_VGG")
EXTRACTORS.register("lpips_squeeze", "evalkit.extractors.lpips:EXTRACTOR_SQUEEZE")
EXTRACTORS.register("emoca", "evalkit.extractors.imported:EMOCA")
EXTRACTORS.register("smirk", "evalkit.extractors.imported:SMIRK")

__all__ = ["EXTRACTORS", "WHOLE_CLIP", "Extract", "ExtractClip", "Extractor"]
