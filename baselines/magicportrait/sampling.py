"""From noise to latents: DDIM over windows of frames, with guidance by the reference.

Settings of the release: 1,000 training steps with linear betas from 0.00085 to 0.012, rescaled so that the last step
holds no signal (Lin et al., "Common Diffusion Noise Schedules and Sample Steps Are Flawed", WACV 2024), trailing steps,
velocities, no noise on the way. Both halves of classifier-free guidance see the same text; what differs is whether they
look at the source.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import DDIMScheduler
from torch import Tensor

from baselines.magicportrait.windows import OVERLAP, WINDOW, windows

STEPS, SCALE = 20, 3.5

Predict = Callable[[Tensor, Tensor, Sequence[int]], Tensor]
"""(1, 4, F, h, w) noisy latents, scalar timestep, the F frames of the clip -> (2, 4, F, h, w) velocities: those of a
network that does not look at the source, and of one that does."""


@dataclass(frozen=True)
class Sampling:
    """How to sample: DDIM steps, weight of the reference (1: no guidance), frames of a window and their overlap."""

    steps: int = STEPS
    scale: float = SCALE
    window: int = WINDOW
    overlap: int = OVERLAP


def scheduler() -> DDIMScheduler:
    """The scheduler of the release."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="linear",
        clip_sample=False,
        steps_offset=1,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
    )


def noise(seed: int, frames: int, shape: tuple[int, ...]) -> Tensor:
    """(1, C, frames, h, w) float32 plain normal noise for (C, h, w) `shape`.

    That of frame i depends on the seed, i and the shape alone: neither on the length of the clip, on windows, batches
    or workers, nor on the device, as it is always drawn on the CPU.
    """
    drawn = [np.random.default_rng((seed, frame)).standard_normal(shape, dtype=np.float32) for frame in range(frames)]
    return torch.from_numpy(np.stack(drawn, axis=1))[None]


def sample(predict: Predict, start: Tensor, settings: Sampling) -> Tensor:
    """Denoise.

    Predictions of windows are summed frame by frame and divided by how many there were, before guidance and step.

    Args:
        predict: the networks.
        start: (1, 4, F, h, w) noise of all frames; the result is on its device.
        settings: steps, scale and windows.

    Returns:
        (1, 4, F, h, w) clean latents.
    """
    plan = scheduler()
    plan.set_timesteps(settings.steps)
    groups = windows(start.shape[2], settings.window, settings.overlap)
    counts = torch.bincount(torch.tensor([frame for group in groups for frame in group]))
    share = counts.to(start)[:, None, None]
    latents = start
    for step in plan.timesteps:
        summed = torch.zeros_like(start).repeat(2, 1, 1, 1, 1)
        for group in groups:
            summed[:, :, group] += predict(latents[:, :, group], step, group).to(summed)
        alone, looking = (summed / share).chunk(2)
        velocity = alone + settings.scale * (looking - alone)
        latents = plan.step(velocity, step, latents).prev_sample
    return latents
