"""MagicPortrait in evalkit, guided by a FLAME head that is drawn here: its shaded map has no skin, so another name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from baselines.magicportrait.adapter import CHECKPOINTS, build_with
from baselines.magicportrait_flame.model_file import read_flame
from baselines.magicportrait_flame.provider import FlameMaps
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

if TYPE_CHECKING:
    from baselines.magicportrait.method import MagicPortraitMethod

__all__ = ["CHECKPOINTS", "build"]


def build(config: MethodConfig) -> MagicPortraitMethod:
    """The networks of `magicportrait` with maps of FLAME parameters.

    Raises `MethodError` without the FLAME file or parameters.
    """
    options = config.options
    if not options["flame"] or not options["parameters"]:
        raise MethodError(
            "magicportrait_flame needs the FLAME file you registered for and parameters: --option flame=FILE "
            "(generic_model.pkl or npz) and --option parameters=FOLDER. magicportrait_mesh needs neither."
        )
    folder = Path(options["parameters"])
    if not folder.is_dir():
        raise MethodError(f"option parameters={folder}: no such folder.")
    flame = read_flame(Path(options["flame"]))
    return build_with(config, lambda: FlameMaps(flame, folder, hold=options["missing"] == "hold"))
