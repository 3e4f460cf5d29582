"""The official files, which lie in several layers, into one state dict.

The release starts both UNets from Stable Diffusion 1.5, loads the motion modules into one of them and its own files on
top, each non-strictly: what a file lacks keeps the value of the layer below, what it has besides is ignored. Here the
layers are the same, but every key must come from one of them.

The text encoder is run once, on the one prompt of the method, and not kept.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from baselines._shared.native.official import read_official, tensors
from baselines.magicportrait.maps import KINDS
from evalkit.errors import MethodError

PROMPT = "A close up of a person."
STABLE_DIFFUSION = "stable-diffusion-v1-5/stable-diffusion-v1-5"
VAE = "stabilityai/sd-vae-ft-mse"
OWN = ("reference_unet", "denoising_unet", *(f"guidance_encoder_{kind}" for kind in KINDS))
MOTION = "motion_module*.pth"
_UNETS = ("reference_unet", "denoising_unet")

State = dict[str, Tensor]


def assemble(folder: Path, expected: Mapping[str, Any]) -> State:
    """The state dict of `model.MagicPortrait` from a folder of official files.

    Args:
        folder: holds the five `.pth` files, `motion_module*.pth`, and the folders `stable-diffusion-v1-5`
            (text_encoder, tokenizer, and unet where the files need it) and `sd-vae-ft-mse` in diffusers' layout.
        expected: the keys wanted; others are left out.

    Raises:
        MethodError: a file or folder is missing, which is named with its hub id, damaged, or does not fit.
    """
    if not folder.is_dir():
        raise MethodError(f"{folder}: not a folder. Give the folder of MagicPortrait's files (official: ckpts/).")
    files = {name: _only(folder, f"{name}.pth") for name in OWN}
    vae, stable = _vae_folder(folder), _stable_diffusion_folder(folder)
    state: State = {}
    for name, path in files.items():
        layers = [_torch_file(path)]
        wanted = {key.removeprefix(f"{name}.") for key in expected if key.startswith(f"{name}.")}
        if name == "denoising_unet" and wanted - layers[0].keys():
            layers += [_torch_file(found) for found in sorted(folder.rglob(MOTION))[-1:]]
        if name in _UNETS and any(".motion_modules." not in key for key in wanted.difference(*layers)):
            layers.append(_stable_diffusion_unet(stable))
        for layer in reversed(layers):
            state |= {f"{name}.{key}": value for key, value in layer.items() if key in wanted}
    state |= {f"vae.{key}": value for key, value in _vae(vae).items()}
    return state | {"text.tokens": _text(stable)}


def _only(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        needed = ", ".join(f"{each}.pth" for each in OWN)
        raise MethodError(f"{folder}: holds no {name} of magicportrait. Needed: {needed} (official: ckpts/).")
    if len(found) > 1:
        raise MethodError(f"{folder}: holds {name} {len(found)} times ({found[0]}, {found[1]}). Leave one.")
    return found[0]


def _torch_file(path: Path) -> State:
    return tensors(read_official(path)[0].content)


def _vae_folder(folder: Path) -> Path:
    for config in sorted(folder.rglob("sd-vae-ft-mse/config.json")):
        return config.parent
    raise MethodError(
        f"{folder}: the VAE is missing: a folder sd-vae-ft-mse with config.json and its weights. "
        f"Hub id: {VAE}. Put it beside the .pth files."
    )


def _stable_diffusion_folder(folder: Path) -> Path:
    for config in sorted(folder.rglob("text_encoder/config.json")):
        base = config.parent.parent
        if (base / "tokenizer").is_dir():
            return base
        raise MethodError(
            f"{base}: the tokenizer is missing: a folder tokenizer with vocab.json and merges.txt. "
            f"Hub id: {STABLE_DIFFUSION}."
        )
    raise MethodError(
        f"{folder}: the text encoder is missing: a folder stable-diffusion-v1-5 with text_encoder and tokenizer. "
        f"Hub id: {STABLE_DIFFUSION}. Put it beside the .pth files."
    )


def _stable_diffusion_unet(folder: Path) -> State:
    for name in ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"):
        path = folder / "unet" / name
        if path.is_file():
            return load_file(path) if path.suffix == ".safetensors" else _torch_file(path)
    raise MethodError(
        f"{folder}: the .pth files do not hold all of the UNets, and Stable Diffusion's, from which they start, is "
        f"missing: a folder unet with diffusion_pytorch_model.safetensors. Hub id: {STABLE_DIFFUSION}."
    )


def _vae(folder: Path) -> State:
    from diffusers import AutoencoderKL

    try:
        state: State = AutoencoderKL.from_pretrained(folder, local_files_only=True).state_dict()
    except Exception as error:  # diffusers raises many kinds
        raise MethodError(f"{folder}: not a whole VAE ({_first_line(error)}). Hub id: {VAE}. Get it again.") from error
    return state


def _text(folder: Path) -> Tensor:
    """(1, 77, 768) of the prompt."""
    from transformers import CLIPTextModel, CLIPTokenizer

    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", local_files_only=True).eval()
        length = encoder.config.max_position_embeddings
        ids = tokenizer(PROMPT, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
        with torch.inference_mode():
            tokens: Tensor = encoder(ids)[0]
    except Exception as error:  # transformers raises many kinds
        raise MethodError(
            f"{folder}: not a whole text encoder and tokenizer ({_first_line(error)}). Hub id: {STABLE_DIFFUSION}. "
            "Get them again."
        ) from error
    return tokens.float().clone()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
