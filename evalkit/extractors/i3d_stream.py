"""I3D over a clip of any length in bounded memory: every stage works on windows of time, whose answers are joined.

An answer of a stage depends on a few steps around its own, and on how "SAME" padding falls, which is a matter of odd
and even lengths. So a window gives the answers of the whole clip where it reaches far enough to both sides, begins at a
multiple of the stage's stride, and has the length of the clip but for such a multiple. Only float32 rounding differs.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from evalkit.extractors.i3d_network import I3D


@dataclass(frozen=True)
class Stage:
    """`run` makes one step of `stride`; it needs no more than `reach` steps before and after those.

    `window` steps are answered at a time. `reach` and `window` are multiples of `stride`.
    """

    run: Callable[[Tensor], Tensor]
    stride: int
    reach: int
    window: int


WINDOWS = (64, 64, 32)
"""Steps that stem, middle and top answer at a time."""


def stages(network: I3D, windows: tuple[int, int, int] = WINDOWS) -> tuple[Stage, Stage, Stage]:
    """The parts of the network. The stem reaches 11 frames back and 11 ahead, every block of 3x3x3 one step each."""
    stem, middle, top = windows
    return Stage(network.stem, 4, 12, stem), Stage(network.middle, 2, 6, middle), Stage(network.top, 1, 2, top)


def clip_logits(network: I3D, frames: int, pieces: Iterable[Tensor], windows: tuple[int, int, int] = WINDOWS) -> Tensor:
    """Logits (1, 400) of one clip of `frames` >= 9 frames that comes in pieces (1, 3, t, 224, 224)."""
    length, steps = frames, iter(pieces)
    for stage in stages(network, windows):
        steps = in_windows(stage, steps, length)
        length = -(-length // stage.stride)
    logits = [network.classify(pair) for pair in _neighbours(steps)]
    return torch.cat(logits, dim=2).mean(dim=2)


def in_windows(stage: Stage, pieces: Iterator[Tensor], length: int) -> Iterator[Tensor]:
    """The output of `stage` for (B, C, length, H, W), piece by piece, from input that comes piece by piece."""
    held, begin = next(pieces), 0
    for start in range(0, length, stage.window):
        first = max(start - stage.reach, 0)
        last = min(start + stage.window + stage.reach + length % stage.stride, length)
        parts, end = [held[:, :, first - begin :]], begin + held.shape[2]
        while end < last:
            parts.append(next(pieces))
            end += parts[-1].shape[2]
        held, begin = torch.cat(parts, dim=2), first
        skipped, answers = (start - first) // stage.stride, -(-min(stage.window, length - start) // stage.stride)
        yield stage.run(held[:, :, : last - first])[:, :, skipped : skipped + answers]


def _neighbours(pieces: Iterator[Tensor]) -> Iterator[Tensor]:
    """The pieces, each after the last step of the one before."""
    last: list[Tensor] = []
    for piece in pieces:
        joined = torch.cat([*last, piece], dim=2)
        last = [joined[:, :, -1:]]
        if joined.shape[2] > 1:
            yield joined
