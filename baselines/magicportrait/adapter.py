"""MagicPortrait in evalkit, guided by maps that somebody else rendered.

The networks are imported when they are needed: `diffusers`, of which they are made, is optional.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag, number
from baselines._shared.native.precision import DTYPES
from baselines.magicportrait.map_folders import MapFolders
from baselines.magicportrait.maps import KINDS, MakesMaps
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

if TYPE_CHECKING:
    from baselines.magicportrait.method import MagicPortraitMethod
    from baselines.magicportrait.model import MagicPortrait

MULTIPLE = 64
"""The VAE halves three times, the UNets three times more."""


def _released() -> MagicPortrait:
    from baselines.magicportrait.model import MagicPortrait
    from baselines.magicportrait.sizes import RELEASED

    return MagicPortrait(RELEASED)


def _tiny() -> MagicPortrait:
    from baselines.magicportrait.model import MagicPortrait
    from baselines.magicportrait.sizes import TINY

    return MagicPortrait(TINY)


def _assemble(path: Path, expected: Mapping[str, Any]) -> dict[str, Tensor]:
    from baselines.magicportrait.official import assemble

    return assemble(path, expected)


NETWORKS = Networks(
    method="magicportrait",
    variants={"released": _released, "tiny": _tiny},
    parts=tuple(
        Part(name, None)
        for name in (
            "reference_unet",
            "denoising_unet",
            *(f"guidance_encoder_{kind}" for kind in KINDS),
            "vae",
            "text",
        )
    ),
    files=("the folder ckpts/ (with stable-diffusion-v1-5 and sd-vae-ft-mse)",),
    choose=lambda options: options["networks"],
    assemble=_assemble,
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig) -> MagicPortraitMethod:
    """Guided by the maps in the folder `maps`. Raises `MethodError` without one."""
    if not config.options["maps"]:
        raise MethodError(
            "magicportrait needs guidance maps: --option maps=FOLDER, with depth, normal and render in it, as the "
            "official scripts write them. The method magicportrait_mesh makes maps itself, magicportrait_flame draws "
            "them of FLAME parameters."
        )
    return build_with(config, lambda: MapFolders(Path(config.options["maps"])))


def build_with(config: MethodConfig, maps: Callable[[], MakesMaps]) -> MagicPortraitMethod:
    """The method of `config` with guidance from `maps`. Raises `MethodError` for values that make no sense."""
    from baselines.magicportrait.method import MagicPortraitMethod
    from baselines.magicportrait.sampling import SCALE, Sampling

    side, steps = _whole(config, "side", MULTIPLE), _whole(config, "steps", 1)
    scale = number(config, "guidance_scale")
    if config.options["networks"] == "tiny" and not config.random_weights:
        raise MethodError("networks=tiny has no weights and is for trying things out: add --random-weights.")
    if config.compile:
        raise MethodError(f"{NETWORKS.method} is not compiled. Leave out --compile.")
    provider = maps()
    exact = dataclasses.replace(config, precision="fp32")
    model = load(NETWORKS, exact, _tiny if NETWORKS.variant(config) == "tiny" else _released)
    if config.precision != "fp32":
        model = model.to(DTYPES[config.precision])
    if flag(config, "vae_tiling"):
        model.vae.enable_tiling()
    settings = Sampling(steps, SCALE if scale is None else scale)
    return MagicPortraitMethod(model, provider, settings, config, side)


def _whole(config: MethodConfig, name: str, multiple: int) -> int:
    text = config.options[name]
    if not text.isdecimal() or not int(text) or int(text) % multiple:
        what = f"a multiple of {multiple}" if multiple > 1 else "a positive whole number"
        raise MethodError(f"option {name}={text!r}: expected {what}.")
    return int(text)
