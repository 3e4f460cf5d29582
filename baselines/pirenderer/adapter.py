"""PIRenderer in evalkit, driven by our own Deep3DFaceRecon or by coefficient files.

The driving clip is read once before the first frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines._shared.native.batches import TRIED, Batches, batch_size, inference
from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load, random_network
from baselines._shared.native.method import Render, check_sources
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag
from baselines._shared.native.pictures import resized, to_frames, to_tensor
from baselines._shared.native.speedups import compiled, to_device
from baselines._shared.native.workers import alone, worker_count
from baselines.pirenderer.coefficient_files import read_coefficients
from baselines.pirenderer.coefficients import Motion as Coefficients
from baselines.pirenderer.coefficients import coefficient_reader
from baselines.pirenderer.generator import Generator, GeneratorConfig
from baselines.pirenderer.motion import scale_ratio, windows, with_scale
from evalkit import weights
from evalkit.errors import MethodError, WeightsError
from evalkit.extractors.deep3d.network import CoefficientRegressor
from evalkit.extractors.torch_network import load_state
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion

SIZE = 256
DEEP3D = "deep3dfacerecon-epoch20"


class Entry(nn.Module):
    """The generator under the name it has in official files."""

    def __init__(self, sizes: GeneratorConfig | None = None) -> None:
        super().__init__()
        self.net_G_ema = Generator(sizes or GeneratorConfig())


NETWORKS = Networks(
    method="pirenderer",
    variants={"face": Entry},
    parts=(Part("net_G_ema", "net_G_ema"),),
    files=("result/face/epoch_*_iteration_*_checkpoint.pt",),
    needs=(DEEP3D,),
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


@dataclass(frozen=True)
class WindowAnimator:
    """Renders windows of coefficients; what the networks see of the source depends on the motion."""

    generator: Generator

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`; the function given takes (B, 73, 27) windows instead of frames."""
        image = sources * 2 - 1

        def render(windows: Tensor) -> Tensor:
            rendered: Tensor = self.generator(image.expand(len(windows), -1, -1, -1), windows).image
            return (rendered + 1) / 2

        return render


class PiRenderer:
    """Coefficients of the whole clip, then frames from their windows.

    Args:
        generator: on the device of `config`.
        regressor: reads coefficients from pictures of `SIZE` pixels; None where no option asks for it.
        config: with the method's options.
        side: of the generator's pictures, pixels.
    """

    def __init__(
        self, generator: Generator, regressor: CoefficientRegressor | None, config: MethodConfig, side: int = SIZE
    ) -> None:
        self._animator = WindowAnimator(generator)
        self._config = config
        self._batches = Batches(batch_size(config), worker_count(config.device))
        reading = Batches(batch_size(config) or TRIED, worker_count(config.device))
        self._read = coefficient_reader(regressor, config, reading) if regressor else None
        self._files = Path(config.options["coefficients"]) if config.options["coefficients"] else None
        self._match_scale = flag(config, "match_scale")
        self._side = side

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames, batch by batch; see `evalkit.method.interface.Method`.

        Raises `MethodError` for relative motion.
        """
        check_sources(sources, 1)
        if motion == "relative":
            raise MethodError("pirenderer has no relative motion.")
        with inference(), alone(self._config.device):
            coefficients = self._driving_coefficients(driving)
            if self._match_scale and self._read:
                source = self._read(resized(sources, SIZE))[0]
                coefficients = with_scale(coefficients, scale_ratio(source, coefficients))
        yield from self._render(to_tensor(sources, self._side), coefficients, sources.shape[1])

    def _driving_coefficients(self, driving: Driving) -> Coefficients:
        if self._files:
            return read_coefficients(self._files, driving)
        assert self._read is not None
        return np.concatenate([self._read(resized(chunk, SIZE)) for chunk in driving])

    def _render(self, source: Tensor, coefficients: Coefficients, size: int) -> Iterator[NDArray[np.generic]]:
        faster = compiled(self._animator.begin(to_device(source, self._config), None), self._config)

        def render(moving: Tensor) -> Tensor:
            return faster(moving.to(self._config.device))

        items = torch.from_numpy(windows(coefficients)).float()
        if self._batches.unknown:
            with inference():
                self._batches.find(render, items[:TRIED], self._config.device)
        for part in torch.split(items, self._batches.at_once):
            with inference(), alone(self._config.device):
                frames = to_frames(self._batches.map(render, part), size)
            yield frames


def build(config: MethodConfig, sizes: GeneratorConfig | None = None, side: int = SIZE) -> PiRenderer:
    """The generator and, unless coefficients are given, the network that reads them, which has weights of its own.

    Other `sizes` and `side` (pixels) are for random weights.
    """
    generator = load(NETWORKS, config, lambda: Entry(sizes)).net_G_ema
    reads = not config.options["coefficients"] or flag(config, "match_scale")
    return PiRenderer(generator, _regressor(config) if reads else None, config, side)


def _regressor(config: MethodConfig) -> CoefficientRegressor:
    if config.random_weights:
        network = random_network(NETWORKS, CoefficientRegressor, config.seed)
    else:
        network = CoefficientRegressor()
        try:
            load_state(network, weights.locate(DEEP3D), entry="net_recon")
        except WeightsError as error:
            raise MethodError(
                f"pirenderer reads motion by Deep3DFaceRecon. {error} Coefficients at hand need no network: "
                "coefficients=FOLDER and match_scale=no."
            ) from error
    return network.eval().requires_grad_(False).to(config.device)
