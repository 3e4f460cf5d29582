"""PIRenderer in evalkit, driven by our own Deep3DFaceRecon. The driving clip is read once before the first frame."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.native.batches import Batches, batch_size, inference
from baselines.native.load import load, random_network
from baselines.native.method import check_sources
from baselines.native.networks import Networks, Part
from baselines.native.options import flag
from baselines.native.pictures import resized, to_frames, to_tensor
from baselines.pirenderer.coefficients import Motion as Coefficients
from baselines.pirenderer.coefficients import coefficient_reader
from baselines.pirenderer.generator import Generator, GeneratorConfig
from baselines.pirenderer.motion import scale_ratio, windows, with_scale
from evalkit import weights
from evalkit.adapter import Driving, MethodConfig
from evalkit.errors import MethodError, WeightsError
from evalkit.extractors.deep3d.network import CoefficientRegressor
from evalkit.extractors.torch_network import load_state
from evalkit.types import Frames, Motion

SIZE = 256
DEEP3D = "deep3dfacerecon-epoch20"


class Entry(nn.Module):
    """The generator under the name it has in official files."""

    def __init__(self) -> None:
        super().__init__()
        self.net_G_ema = Generator(GeneratorConfig())


CHECKPOINTS = Networks(
    method="pirenderer",
    variants={"face": Entry},
    parts=(Part("net_G_ema", "net_G_ema"),),
    files=("result/face/epoch_*_iteration_*_checkpoint.pt",),
    needs=(DEEP3D,),
)


class PiRenderer:
    """Coefficients of the whole clip, then frames from their windows."""

    def __init__(self, generator: Generator, regressor: CoefficientRegressor, config: MethodConfig) -> None:
        self._generator = generator
        self._config = config
        self._batches = Batches(batch_size(config))
        self._read = coefficient_reader(regressor, config, self._batches)
        self._match_scale = flag(config, "match_scale")

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames, batch by batch; see `evalkit.adapter.Method`. Raises `MethodError` for relative motion."""
        check_sources(sources, 1)
        if motion == "relative":
            raise MethodError("pirenderer has no relative motion.")
        with inference():
            coefficients = np.concatenate([self._read(resized(chunk, SIZE)) for chunk in driving])
            if self._match_scale:
                source = self._read(resized(sources, SIZE))[0]
                coefficients = with_scale(coefficients, scale_ratio(source, coefficients))
        yield from self._render(to_tensor(sources, SIZE), coefficients, sources.shape[1])

    def _render(self, source: Tensor, coefficients: Coefficients, size: int) -> Iterator[NDArray[np.generic]]:
        image = (source * 2 - 1).to(self._config.device)
        for part in torch.split(torch.from_numpy(windows(coefficients)).float(), self._batches.size):
            with inference():
                frames = to_frames(self._batches.map(partial(self._generate, image), part), size)
            yield frames

    def _generate(self, image: Tensor, window: Tensor) -> Tensor:
        moving = window.to(self._config.device)
        rendered: Tensor = self._generator(image.expand(len(moving), -1, -1, -1), moving).image
        return (rendered + 1) / 2


def build(config: MethodConfig) -> PiRenderer:
    """The generator and the network that reads coefficients, which has weights of its own."""
    generator = load(CHECKPOINTS, config, Entry).net_G_ema
    return PiRenderer(generator, _regressor(config), config)


def _regressor(config: MethodConfig) -> CoefficientRegressor:
    if config.random_weights:
        network = random_network(CHECKPOINTS, CoefficientRegressor, config.seed)
    else:
        network = CoefficientRegressor()
        try:
            load_state(network, weights.locate(DEEP3D), entry="net_recon")
        except WeightsError as error:
            raise MethodError(f"pirenderer reads driving motion by Deep3DFaceRecon. {error}") from error
    return network.eval().requires_grad_(False).to(config.device)
