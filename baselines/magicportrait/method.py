"""One pair: maps to features, noise to latents, latents to frames."""

import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.native.batches import inference
from baselines._shared.native.memory import free_unused, is_out_of_memory
from baselines._shared.native.method import check_sources
from baselines._shared.native.pictures import to_frames, to_tensor
from baselines._shared.native.workers import alone
from baselines.magicportrait.maps import MakesMaps, MapImages
from baselines.magicportrait.model import MagicPortrait
from baselines.magicportrait.sampling import Predict, Sampling, noise, sample
from evalkit.errors import MethodError
from evalkit.method.interface import Driving, Job, MethodConfig
from evalkit.types import Frames, Motion

_LOG = logging.getLogger("evalkit")
_NO_MEMORY = (
    "out of memory on the device with one window of {window} frames at {side} pixels. Use --precision fp16, "
    "--option side=256, --option vae_tiling=yes, or another device."
)


class MagicPortraitMethod:
    """`evalkit.method.interface.Method`; also `LooksAhead`, which tells it the pair.

    Args:
        model: on the device of `config`, in its precision.
        maps: where guidance comes from.
        settings: of the sampling.
        config: device and seed.
        side: of the pictures the networks see and make, pixels.
    """

    def __init__(
        self, model: MagicPortrait, maps: MakesMaps, settings: Sampling, config: MethodConfig, side: int
    ) -> None:
        self._model = model
        self._maps = maps
        self._settings = settings
        self._config = config
        self._side = side
        self._pair = ""

    def begin(self, job: Job, coming: Iterable[Job]) -> None:
        """The next pair; its name finds its maps."""
        self._pair = job.pair

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames, one by one after all were denoised; see `evalkit.method.interface.Method`.

        Raises `MethodError` for relative motion, for guidance that cannot be had, and when memory does not suffice.
        """
        check_sources(sources, 1)
        if motion == "relative":
            raise MethodError("magicportrait has no relative motion.")
        device = self._config.device
        try:
            with inference(), alone(device):
                guidance = self._guidance(self._maps.maps(sources[0], driving, self._pair, self._side))
                bank = self._model.look(self._on_device(to_tensor(sources, self._side)))
                start = noise(self._config.seed, len(guidance), self._model.latent_shape(self._side)).to(device)
                predict = halving(self._model.predictor(bank, guidance), self._model.predictor_apart(bank, guidance))
                latents = sample(predict, start, self._settings)
            for index in range(latents.shape[2]):
                with inference(), alone(device):
                    frame = to_frames(self._model.decode(latents[:, :, index]), sources.shape[1])
                yield frame
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise MethodError(_NO_MEMORY.format(window=self._settings.window, side=self._side)) from error

    def _guidance(self, maps: Iterator[MapImages]) -> Tensor:
        """(F, C, h, w) on the CPU: what the encoders say of every frame."""
        found = []
        for images in maps:
            pictures = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255
            found.append(self._model.guide(self._on_device(pictures[None])).cpu())
        return torch.cat(found)

    def _on_device(self, images: Tensor) -> Tensor:
        return images.to(self._model.text.tokens)


def halving(together: Predict, apart: Predict) -> Predict:
    """`together` until memory does not suffice, then `apart`, which needs less at a time, for good."""
    chosen = [together]

    def predict(latents: Tensor, step: Tensor, frames: Sequence[int]) -> Tensor:
        try:
            return chosen[0](latents, step, frames)
        except RuntimeError as error:
            if chosen[0] is apart or not is_out_of_memory(error):
                raise
        _LOG.warning("out of memory on the device; going on with the two halves of guidance one after the other")
        free_unused()
        chosen[0] = apart
        return apart(latents, step, frames)

    return predict
