"""MagicPortrait in evalkit, guided by a landmark mesh: not the method with FLAME's maps, so it has another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.magicportrait.adapter import CHECKPOINTS, build_with
from baselines.magicportrait_mesh.provider import MeshMaps, mediapipe_heads
from evalkit.method.interface import MethodConfig

if TYPE_CHECKING:
    from baselines.magicportrait.method import MagicPortraitMethod

__all__ = ["CHECKPOINTS", "build"]


def build(config: MethodConfig) -> MagicPortraitMethod:
    """The networks of `magicportrait` with maps of our own."""
    return build_with(config, lambda: MeshMaps(mediapipe_heads(), hold=config.options["missing"] == "hold"))
