"""The 73 motion numbers of frames, by Deep3DFaceRecon on crops aligned by dlib's 68 landmarks.

The official preparation takes the landmarks of the `face-alignment` package. As there, a frame without a face has the
landmarks of the frame before; before the first face the standard face is stretched over the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from baselines._shared.native.batches import Batches
from baselines.pirenderer.motion import motion_coefficients
from evalkit.extractors import dlib68
from evalkit.extractors.deep3d.alignment import (
    Alignment,
    align_image,
    fit_alignment,
    five_points,
    flip_y,
    points_without_face,
)
from evalkit.extractors.deep3d.network import CoefficientRegressor
from evalkit.method.interface import MethodConfig
from evalkit.types import Frames

Motion = NDArray[np.floating]
Read = Callable[[Iterable[Frames]], Motion]
"""Chunks of a whole clip, (t, n, n, 3) uint8 RGB -> (T, 73) motion. A picture is a clip of one frame."""


def alignment_of(landmarks: NDArray[np.floating], side: int) -> Alignment:
    """Alignment of a square frame by its 68 landmarks (68, 2), y down; NaN or impossible ones are no face."""
    if np.isfinite(landmarks).all():
        try:
            return fit_alignment(flip_y(five_points(landmarks), side), side, side)
        except ValueError:
            pass
    return fit_alignment(points_without_face(side, side), side, side)


def coefficient_reader(network: CoefficientRegressor, config: MethodConfig, batches: Batches) -> Read:
    """How clips are read; `network` is on the device of `config`."""
    locate = dlib68.load()

    def regress(crops: torch.Tensor) -> torch.Tensor:
        coefficients: torch.Tensor = network(crops.to(config.device).permute(0, 3, 1, 2).float() / 255)
        return coefficients

    def read(chunks: Iterable[Frames]) -> Motion:
        read_so_far: list[Motion] = []
        held: NDArray[np.floating] | None = None
        for frames in chunks:
            alignments = []
            for points in locate(frames, {})["points"]:
                held = points if held is None or np.isfinite(points).all() else held
                alignments.append(alignment_of(held, frames.shape[1]))
            crops = np.stack([align_image(frame, one) for frame, one in zip(frames, alignments, strict=True)])
            regressed = batches.map(regress, torch.from_numpy(crops)).numpy()
            params = np.stack([one.params for one in alignments])
            read_so_far.append(motion_coefficients(np.concatenate([regressed, params], axis=1)))
        return np.concatenate(read_so_far)

    return read
