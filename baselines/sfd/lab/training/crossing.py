"""Driving frames with another person's face, so that motion has to be told from whose face shows it.

In self-reenactment the driving frame shows the source's own person, so a motion descriptor may also say whose face it
was read off, and no loss on pictures minds. Here the averaged model first animates the source of another pair with the
driving frame, and the encoder reads the motion off that picture; what is wanted stays the true driving frame. Driving
by pictures that a network made across identities is the idea of X-Portrait (Xie et al., SIGGRAPH 2024); its network is
another one, trained before.
"""

from dataclasses import replace

import torch

from baselines.sfd.lab.training.sampling import Batch
from baselines.sfd.model import SFD


@torch.no_grad()
def crossed(batch: Batch, model: SFD, share: float) -> Batch:
    """`batch` with other faces in `seen` for a share of its pairs.

    Args:
        batch: of B pairs.
        model: animates; in evaluation mode.
        share: of the pairs, from 0 to 1; every so manieth of the batch. One whose neighbour, the pair after it, shows
            the same person is left as it is.
    """
    count = len(batch.source)
    rows = torch.tensor([row for row in range(count) if int((row + 1) * share) > int(row * share)], dtype=torch.long)
    others = (rows + 1) % count
    strangers = (batch.identity[rows] != batch.identity[others]).cpu()
    rows, others = rows[strangers], others[strangers]
    if not len(rows):
        return batch
    face, motion = model.describe(batch.source[others]), model.describe(batch.seen[rows]).motion
    seen = batch.seen.clone()
    seen[rows] = model.generate(face, motion, batch.source[others]).clamp(-1, 1)
    shown = batch.shown.clone()
    shown[rows] = batch.identity[others]
    return replace(batch, seen=seen, shown=shown)
