"""Sample sheets: what the model makes of fixed frames, as one picture."""

import numpy as np
import torch

from baselines._shared.native.batches import inference
from baselines._shared.stylegan.images import to_frames
from baselines.sfd.lab.training.sampling import Batch
from baselines.sfd.model import SFD
from evalkit.types import Frames

COLUMNS = ("source", "driving", "generated", "other driving", "generated", "identity only", "motion only")


def sheet(model: SFD, batch: Batch) -> Frames:
    """One row per pair of `batch`, columns as in `COLUMNS`: (1, B * size, 7 * size, 3) uint8.

    "Other driving" is the driving frame of the next pair. "Identity only" sets the motion descriptor to zero, "motion
    only" the identity descriptor, as in Fig. 5 of the paper.
    """
    with inference():
        source, driving = model.describe(batch.source), model.describe(batch.driving)
        other = torch.roll(batch.driving, -1, dims=0)
        of_other = torch.roll(driving.motion, -1, dims=0)
        still = torch.zeros_like(driving.motion)
        nobody = type(source)(torch.zeros_like(source.identity), source.motion, source.features)
        columns = (
            batch.source,
            batch.driving,
            model.generate(source, driving.motion, batch.source),
            other,
            model.generate(source, of_other, batch.source),
            model.generate(source, still, batch.source),
            model.generate(nobody, driving.motion, batch.source),
        )
    return _tiled([to_frames(column, "nearest") for column in columns])


def _tiled(columns: list[Frames]) -> Frames:
    rows = np.concatenate([np.concatenate(list(column), axis=0) for column in columns], axis=1)
    return np.asarray(rows[None], dtype=np.uint8)
