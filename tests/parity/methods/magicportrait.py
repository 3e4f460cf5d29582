"""Our values for a MagicPortrait fixture: reduced networks, and the whole loop without text encoder and VAE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from baselines.magicportrait.guidance_encoder import GuidanceEncoder
from baselines.magicportrait.maps import KINDS
from baselines.magicportrait.reference_attention import Bank
from baselines.magicportrait.sampling import Sampling, sample, scheduler
from baselines.magicportrait.sizes import GuidanceSizes, UNetSizes
from baselines.magicportrait.unets import DenoisingUNet, ReferenceUNet
from baselines.magicportrait.windows import windows
from tests.parity.fixture import Fixture, FixtureError
from tests.parity.intermediates import as_stored, recorded

INPUTS = frozenset(
    {
        *(f"guidance_{kind}_u8" for kind in KINDS),
        "ref_latents_scaled",
        "text_embeds",
        "latents_test",
        "timestep_test",
        "initial_latents",
    }
)
_WINDOWS = re.compile(r"^windows_(\d+)_(\d+)$")
BUILT = {
    "use_motion_module": True,
    "motion_module_mid_block": True,
    "motion_module_decoder_only": False,
    "motion_module_type": "Vanilla",
    "unet_use_cross_frame_attention": False,
    "unet_use_temporal_attention": False,
}
"""The one kind of denoising UNet that we build."""
BANK_TOKENS = 8
"""How many tokens `bank_first` holds."""


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of everything in io.npz except `INPUTS`."""
    reference, denoising = (_unet(fixture, name) for name in ("reference_unet", "denoising_unet"))
    text = fixture.tensor("text_embeds")
    settings = _settings(fixture)
    features = _guidance(fixture)
    guidance = torch.stack(list(features.values())).sum(0)
    bank = reference(fixture.tensor("ref_latents_scaled"), text)
    calls: list[Tensor] = []

    def predict(latents: Tensor, step: Tensor, frames: Sequence[int]) -> Tensor:
        both = latents.repeat(2, 1, 1, 1, 1)
        calls.append(denoising(both, step, text, guidance[frames], bank))
        return calls[-1]

    final = sample(predict, fixture.tensor("initial_latents"), settings)
    plan = scheduler()
    plan.set_timesteps(settings.steps)
    frames = final.shape[2]
    values = {f"fea_{kind}_frame0": feature[:1] for kind, feature in features.items()} | {
        "guidance_fea_frame0": guidance[:1],
        "timesteps": plan.timesteps,
        "alphas_cumprod": plan.alphas_cumprod,
        "pred_cfg_first_window": calls[0],
        "final_latents": final,
        "num_unet_calls": torch.tensor(len(calls)),
        "context_windows": torch.tensor(windows(frames, settings.window, settings.overlap)),
    }
    values |= _single(fixture, denoising, text, guidance[: settings.window], bank)
    for name in fixture.io:
        if match := _WINDOWS.match(name):
            values[name] = torch.tensor(windows(int(match[1]), int(match[2]), settings.overlap))
    return as_stored(values, fixture.io)


def _settings(fixture: Fixture) -> Sampling:
    config = fixture.config
    if config.get("context_stride", 1) != 1:
        raise FixtureError("windows of another stride than 1 are not known here")
    return Sampling(
        config["steps"], config["guidance_scale"], window=config["context_frames"], overlap=config["context_overlap"]
    )


def _unet(fixture: Fixture, name: str) -> nn.Module:
    config = fixture.module_config(name)
    sizes = UNetSizes(
        channels=tuple(config["block_out_channels"]),
        layers=config["layers_per_block"],
        text_width=config["cross_attention_dim"],
        heads=config["attention_head_dim"],
        groups=config["norm_num_groups"],
    )
    if name == "reference_unet":
        network: nn.Module = ReferenceUNet(sizes)
    else:
        if other := [key for key, value in BUILT.items() if config.get(key, value) != value]:
            raise FixtureError(f"{name}: no such network is built here: {', '.join(other)}")
        motion = config["motion_module_kwargs"]
        network = DenoisingUNet(
            replace(
                sizes,
                motion_heads=motion["num_attention_heads"],
                motion_blocks=motion["num_transformer_block"],
                motion_attentions=len(motion["attention_block_types"]),
                positions=motion["temporal_position_encoding_max_len"],
            )
        )
    fixture.fill(network, name)
    return network


def _guidance(fixture: Fixture) -> dict[str, Tensor]:
    """Kind -> features of all frames."""
    config = fixture.module_config("guidance_encoder_*")
    sizes = GuidanceSizes(
        tuple(config["block_out_channels"]),
        config["guidance_embedding_channels"],
        config["guidance_input_channels"],
        config["attention_num_heads"],
    )
    found = {}
    for kind in KINDS:
        encoder = GuidanceEncoder(sizes)
        fixture.fill(encoder, f"guidance_encoder_{kind}")
        found[kind] = encoder(fixture.tensor(f"guidance_{kind}_u8").permute(0, 3, 1, 2) / 255)
    return found


def _single(fixture: Fixture, denoising: nn.Module, text: Tensor, guidance: Tensor, bank: Bank) -> dict[str, Tensor]:
    """One window at one step: without the bank, with it, and what the first motion module did."""
    latents, step = fixture.tensor("latents_test")[:, :, : len(guidance)], fixture.tensor("timestep_test")
    path = fixture.config["motion0_module"]
    seen: list[Tensor] = []
    handle = denoising.get_submodule(path).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with recorded(denoising, {"out": path}) as motion:
        plain = denoising(latents, step, text, guidance, None)
    handle.remove()
    looking = denoising(latents, step, text, guidance, bank)
    order = fixture.config["bank_module_order"]
    if missing := sorted(set(order) ^ set(bank)):
        raise FixtureError(f"the banks differ in {', '.join(missing)}")
    return {
        "pred_plain": plain,
        "pred_ref_nocfg": looking,
        "motion0_in": seen[0][None].transpose(1, 2),
        "motion0_out": motion["out"][None].transpose(1, 2),
        "bank_first": bank[order[0]][:, :BANK_TOKENS].float(),
        "bank_means": torch.stack([bank[name].double().abs().mean() for name in order]),
    }
