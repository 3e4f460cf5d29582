"""The two UNets of MagicPortrait, made of the blocks of Stable Diffusion's in `diffusers`.

Both have the layout and the parameter names of Stable Diffusion 1.5. The reference UNet has no output layers. The
denoising UNet works on the frames of a window as on a batch of pictures, with a motion module after every residual
block (and its attention), where the frames see each other.
"""

from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from baselines.magicportrait.motion_module import MotionModule
from baselines.magicportrait.reference_attention import Bank, Recall, Remember, self_attentions
from baselines.magicportrait.sizes import UNetSizes

LATENT_CHANNELS = 4


class ReferenceUNet(nn.Module):
    """Reads the source once per clip, at timestep 0."""

    conv_in: Any

    def __init__(self, sizes: UNetSizes) -> None:
        super().__init__()
        _adopt(self, _stable_diffusion(sizes))
        del self.conv_norm_out, self.conv_out
        self._memories = {name: Remember() for name in self_attentions(self)}
        for name, attention in self_attentions(self).items():
            attention.set_processor(self._memories[name])

    def forward(self, latents: Tensor, text: Tensor) -> Bank:
        """(1, 4, h, w) scaled latents and (1, L, D) text -> the tokens of every self attention."""
        step = torch.zeros((), dtype=torch.long, device=latents.device)
        _through_levels(self, self.conv_in(latents), step, text, frames=1)
        bank = {name: memory.kept for name, memory in self._memories.items() if memory.kept is not None}
        for memory in self._memories.values():
            memory.kept = None
        return bank


class DenoisingUNet(nn.Module):
    """Predicts the velocity of noisy latents of a window of frames."""

    conv_in: Any
    down_blocks: Any
    mid_block: Any
    up_blocks: Any
    conv_norm_out: Any
    conv_out: Any

    def __init__(self, sizes: UNetSizes) -> None:
        super().__init__()
        _adopt(self, _stable_diffusion(sizes))
        for block, width in zip(
            (*self.down_blocks, self.mid_block, *self.up_blocks),
            (*sizes.channels, sizes.channels[-1], *reversed(sizes.channels)),
            strict=True,
        ):
            count = len(block.attentions) if block is self.mid_block else len(block.resnets)
            block.motion_modules = nn.ModuleList(MotionModule(width, sizes) for _ in range(count))
        self._recalls = {name: Recall() for name in self_attentions(self)}
        for name, attention in self_attentions(self).items():
            attention.set_processor(self._recalls[name])

    def forward(
        self, latents: Tensor, step: Tensor, text: Tensor, guidance: Tensor, bank: Bank | None, guided: int = 1
    ) -> Tensor:
        """Velocities of B copies of one window.

        Args:
            latents: (B, 4, F, h, w).
            step: scalar, the timestep.
            text: (1, L, D), the same for all.
            guidance: (F, C, h, w), what the guidance encoders say of each frame, summed; the same for all.
            bank: from the reference UNet; None: nobody looks at the source.
            guided: how many of the B, counted from the last, look at the source.

        Returns:
            (B, 4, F, h, w).
        """
        batch, _, frames = latents.shape[:3]
        self._look_at(bank, guided * frames)
        try:
            pictures = latents.transpose(1, 2).flatten(0, 1)
            start = self.conv_in(pictures) + guidance.repeat(batch, 1, 1, 1)
            features = _through_levels(self, start, step, text, frames)
        finally:
            self._look_at(None, 0)
        out = self.conv_out(nn.functional.silu(self.conv_norm_out(features)))
        velocities: Tensor = out.reshape(batch, frames, *out.shape[1:]).transpose(1, 2)
        return velocities

    def _look_at(self, bank: Bank | None, guided: int) -> None:
        for name, recall in self._recalls.items():
            recall.reference, recall.guided = (None if bank is None else bank[name]), guided


def _stable_diffusion(sizes: UNetSizes) -> nn.Module:
    levels = len(sizes.channels)
    network: nn.Module = UNet2DConditionModel(
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("CrossAttnDownBlock2D",) * (levels - 1) + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (levels - 1),
        block_out_channels=sizes.channels,
        layers_per_block=sizes.layers,
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.heads,  # diffusers keeps the official misnomer: this is the number of heads
        norm_num_groups=sizes.groups,
    )
    return network


def _adopt(network: nn.Module, whole: nn.Module) -> None:
    """Take over the layers of `whole` under their names."""
    for name, child in whole.named_children():
        if name != "conv_act":
            setattr(network, name, child)


def _through_levels(network: Any, start: Tensor, step: Tensor, text: Tensor, frames: int) -> Tensor:
    """Down, through the middle and up again: (B * F, C, h, w) features after the first layer -> before the last."""
    text = text.expand(len(start), -1, -1)
    time = network.time_embedding(network.time_proj(step.reshape(1).expand(len(start))).to(start.dtype))
    features, skipped = start, [start]
    for block in network.down_blocks:
        for index, _ in enumerate(block.resnets):
            features = _layer(block, index, features, time, text, frames)
            skipped.append(features)
        for shrink in block.downsamplers or ():
            features = shrink(features)
            skipped.append(features)
    features = network.mid_block.resnets[0](features, time)
    for index, resnet in enumerate(network.mid_block.resnets[1:]):
        features = _attended(network.mid_block, index, features, text, frames)
        features = resnet(features, time)
    for block in network.up_blocks:
        for index, _ in enumerate(block.resnets):
            features = torch.cat([features, skipped.pop()], dim=1)
            features = _layer(block, index, features, time, text, frames)
        for enlarge in block.upsamplers or ():
            features = enlarge(features)
    return features


def _layer(block: Any, index: int, features: Tensor, time: Tensor, text: Tensor, frames: int) -> Tensor:
    return _attended(block, index, block.resnets[index](features, time), text, frames)


def _attended(block: Any, index: int, features: Tensor, text: Tensor, frames: int) -> Tensor:
    """Through the attention and the motion module of a layer, where it has them."""
    if hasattr(block, "attentions"):
        features = block.attentions[index](features, encoder_hidden_states=text, return_dict=False)[0]
    if hasattr(block, "motion_modules"):
        features = block.motion_modules[index](features, frames)
    return features
