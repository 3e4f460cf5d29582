"""FSRT in evalkit. Takes any number of source images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch
from torch import Tensor

from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.options import flag
from baselines.fsrt.decoder import QueryDecoder
from baselines.fsrt.encoder import SetLatentEncoder
from baselines.fsrt.encoding import Encoding
from baselines.fsrt.expression import ExpressionEncoder
from baselines.fsrt.model import FSRT, MAX_PIXELS
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

SIZE = 256
WHOLE_FRAME = SIZE * SIZE
"""Pixels at a time on a GPU, as in the official demo; a CPU is not faster with more than `MAX_PIXELS`."""


def networks(decoder: str, expression: int, keypoints: int = 10) -> FSRT:
    """All networks for a "large" or "small" decoder, a size of the expression vector, and 10 or 0 keypoints."""
    encoding = Encoding(num_kp=keypoints, expression_size=expression)
    return FSRT(
        encoder=SetLatentEncoder(encoding),
        decoder=QueryDecoder(encoding, small=decoder == "small"),
        expression_encoder=ExpressionEncoder(expression_size=expression),
    )


TWO_SOURCES = "large-256-2source"
NO_KEYPOINTS = "-0kp"


def chosen(options: Mapping[str, str]) -> str:
    """The variant that the options ask for. Raises `MethodError` for one that does not exist."""
    bare, two = options["keypoints"] == "0", options["model"] != "vox256"
    variant = f"{options['decoder']}-{options['expression']}"
    if two and (bare or variant != "large-256"):
        raise MethodError("fsrt: model=vox256_2Source has decoder=large, expression=256 and keypoints=10.")
    if bare and options["decoder"] != "large":
        raise MethodError("fsrt: keypoints=0 has decoder=large.")
    return TWO_SOURCES if two else variant + NO_KEYPOINTS * bare


NETWORKS = Networks(
    method="fsrt",
    variants={
        f"{decoder}-{size}": partial(networks, decoder, size)
        for decoder, size in product(("large", "small"), (256, 128, 64))
    }
    | {TWO_SOURCES: partial(networks, "large", 256)}
    | {f"large-{size}{NO_KEYPOINTS}": partial(networks, "large", size, 0) for size in (256, 128, 64)},
    parts=(
        Part("kp_detector", None),
        Part("encoder", "encoder"),
        Part("decoder", "decoder"),
        Part("expression_encoder", "expression_encoder"),
    ),
    files=("kp_detector.pt", "vox256.pt or vox256_2Source.pt"),
    choose=chosen,
    named={TWO_SOURCES: "2source"},
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


@dataclass(frozen=True)
class FsrtAnimator:
    """The expression is always the driving frame's; `max_pixels` queries are decoded at a time."""

    model: FSRT
    adapt_scale: bool
    max_pixels: int

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        """See `Animator.begin`."""
        source = self.model.encode_source(sources)
        start = None if initial is None else self.model.motion(initial)
        move = self.model.transfer(source, start, self.adapt_scale)

        def render(frames: Tensor) -> Tensor:
            return self.model.render(source, move(self.model.motion(frames)), self.max_pixels)

        return render


def build(config: MethodConfig, make: Callable[[str, int, int], FSRT] = networks, side: int = SIZE) -> NativeMethod:
    """Keypoint detector, expression network, set-latent encoder and query decoder.

    Another `make`, which is called as `networks` is, and another `side` (pixels) are for random weights.
    """
    decoder, expression, pixels = (config.options[name] for name in ("decoder", "expression", "max_pixels"))
    if pixels != "auto" and not (pixels.isdecimal() and int(pixels)):
        raise MethodError(f"option max_pixels={pixels!r}: expected auto or a positive whole number.")
    auto = MAX_PIXELS if torch.device(config.device).type == "cpu" else WHOLE_FRAME
    model = load(NETWORKS, config, partial(make, decoder, int(expression), int(config.options["keypoints"])))
    animator = FsrtAnimator(model, flag(config, "adapt_scale"), auto if pixels == "auto" else int(pixels))
    return NativeMethod(animator, config, size=side, max_sources=None)
