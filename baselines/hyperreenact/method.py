"""One pair: the source's crop to latent vectors, driving crops to pictures, pictures back into frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.native.batches import TRIED, Batches, batch_size, inference, retried
from baselines._shared.native.faceless import check_faces, held
from baselines._shared.native.method import Render, check_sources
from baselines._shared.native.pictures import to_frames, to_tensor
from baselines._shared.native.speedups import compiled, to_device
from baselines._shared.native.workers import alone, worker_count
from baselines.hyperreenact.appearance import crop_matrix
from baselines.hyperreenact.crops import Points, Square, cut, pose_crop, put_back, square_of
from baselines.hyperreenact.model import HyperReenact
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Motion

Output = Literal["frame", "crop"]
"""The driving face's place in the source picture; the crop alone."""
Locate = Callable[[Frames], Points]
"""(T, H, W, 3) uint8 RGB -> (T, 68, 2) landmarks, x, y in pixels, NaN where there is no face."""


@dataclass(frozen=True)
class HyperAnimator:
    """The networks, with their centre of truncation."""

    model: HyperReenact

    def begin(self, sources: Tensor, matrix: Tensor) -> Render:
        """Read the source's crop (1, 3, n, n) in [0, 1] with its `crop_matrix` (1, 2, 3), once per pair.

        The function given takes (B, 3, 224, 224) crops of `pose_crop`.
        """
        source = self.model.source(sources * 2 - 1, matrix)

        def render(crops: Tensor) -> Tensor:
            return (self.model.animate(source, crops) + 1) / 2

        return render


@dataclass(frozen=True)
class Faces:
    """The faces of a driving clip.

    Attributes:
        points: (T, 68, 2) landmarks; those of another frame where there was no face.
        frames: (T,) the frame that each is of.
    """

    points: Points
    frames: NDArray[np.int64]


class HyperReenactMethod:
    """`evalkit.method.interface.Method`.

    Args:
        animator: on the device of `config`.
        locate: finds landmarks.
        config: with the method's options.
        side: of the networks' pictures, pixels.
    """

    def __init__(self, animator: HyperAnimator, locate: Locate, config: MethodConfig, side: int) -> None:
        self._animator = animator
        self._locate = locate
        self._config = config
        self._side = side
        self._output = config.options["output"]
        self._hold = config.options["missing"] == "hold"
        self._rounding = config.options["rounding"]
        self._batches = Batches(batch_size(config), worker_count(config.device))

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames, batch by batch; see `evalkit.method.interface.Method`.

        Raises `MethodError` for relative motion and for faces that are missing.
        """
        check_sources(sources, 1)
        if motion == "relative":
            raise MethodError("hyperreenact has no relative motion.")
        render = self._read_source(sources)
        faces = self._read_driving(driving)
        crops = _crops(driving, faces, self._side)
        while part := list(islice(crops, max(self._batches.at_once, TRIED))):
            squares, items = [square for square, _ in part], torch.stack([crop for _, crop in part])
            with inference(), alone(self._config.device):
                if self._batches.unknown:
                    self._batches.find(render, items, self._config.device)
                painted = self._batches.map(render, items)
                frames = to_frames(painted, self._side, self._rounding)
            yield self._finished(frames, squares, sources[0])

    def _read_source(self, sources: Frames) -> Render:
        points = self._locate(sources)[0]
        square = square_of(points)
        if square is None:
            raise MethodError("dlib finds no face in the source, and hyperreenact needs one for its crop.")
        crop = cut(sources[0], square, self._side)[None]
        matrix = torch.from_numpy(crop_matrix(square.inside(points, self._side), self._side))[None].float()

        def begin() -> Render:
            image = to_device(to_tensor(crop, self._side), self._config)
            return self._animator.begin(image, matrix.to(self._config.device))

        with inference(), alone(self._config.device):
            faster = compiled(retried(begin), self._config)
        return lambda crops: faster(to_device(crops, self._config))

    def _read_driving(self, driving: Driving) -> Faces:
        points = np.concatenate([self._locate(chunk) for chunk in driving])
        found = np.array([square_of(one) is not None for one in points])
        check_faces(found, self._hold, "dlib", "motion")
        frames = held(found)
        return Faces(points[frames], frames)

    def _finished(
        self, painted: NDArray[np.generic], squares: list[Square], source: NDArray[np.uint8]
    ) -> NDArray[np.generic]:
        """(B, n, n, 3) pictures -> frames of the source's size."""
        levels = video.to_uint8(painted)
        if self._output == "crop":
            return np.stack([video.fit(picture, len(source)) for picture in levels])
        pairs = zip(levels, squares, strict=True)
        return np.stack([put_back(picture, square, source) for picture, square in pairs])


def _crops(driving: Driving, faces: Faces, side: int) -> Iterator[tuple[Square, Tensor]]:
    """For every driving frame where its face is, and what the pose encoder sees; of another frame where it has none."""
    last, found = -1, None
    for index, picture in _pictures(driving, int(faces.frames[0])):
        if index >= len(faces.frames):
            raise MethodError("the driving clip changed while it was read.")
        frame = int(faces.frames[index])
        if frame != last:
            square = square_of(faces.points[index])
            assert square is not None
            crop = cut(picture, square, side)
            last, found = frame, (square, pose_crop(crop, square.inside(faces.points[index], side)))
        assert found is not None
        yield found


def _pictures(driving: Driving, first: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Every driving frame with its number; those before `first`, the first one with a face, as that one."""
    seen = 0
    for chunk in driving:
        for picture in chunk:
            if seen >= first:
                yield from ((index, picture) for index in range(seen if seen > first else 0, seen + 1))
            seen += 1
