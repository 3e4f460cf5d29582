"""The seven losses of the paper as functions of tensors, unweighted.

Source: Zhu et al., "Learning Semantic Facial Descriptors for Accurate Face Animation", section II-B to II-D. Where the
paper leaves open how elements are summed up it is a mean, so that a weight means the same at every size.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-8
LEVELS = 127.5
"""8-bit levels per unit of an image in [-1, 1]."""


def reconstruction(generated: Tensor, driving: Tensor) -> Tensor:
    """Mean absolute difference of images in [-1, 1], in 8-bit levels.

    In these units its pull on a pixel is about that of the perceptual loss; on [-1, 1] it would be 100 times weaker.
    """
    return (generated - driving).abs().mean() * LEVELS


def perceptual(generated: Sequence[Tensor], driving: Sequence[Tensor]) -> Tensor:
    """Mean over feature maps of their mean absolute difference."""
    return torch.stack([(a - b).abs().mean() for a, b in zip(generated, driving, strict=True)]).mean()


def adversarial(logits: Tensor) -> Tensor:
    """Non-saturating loss of the generator: the discriminator's logits of generated images should be high."""
    return functional.softplus(-logits).mean()


def discrimination(real: Tensor, generated: Tensor) -> Tensor:
    """Logistic loss of the discriminator on its logits."""
    return functional.softplus(-real).mean() + functional.softplus(generated).mean()


def gradient_penalty(images: Tensor, logits: Tensor) -> Tensor:
    """R1 (Mescheder et al., 2018): mean squared norm of the gradient of `logits` at real `images`."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().flatten(1).sum(dim=1).mean()


def pair_similarities(vectors: Tensor, all_pairs: bool = False) -> Tensor:
    """(B, D) -> (B / 2,) cosines of vector i and vector i + B / 2, or (B (B - 1) / 2,) of all pairs."""
    if all_pairs:
        directions = functional.normalize(vectors, dim=1, eps=EPSILON)
        rows, columns = torch.triu_indices(len(vectors), len(vectors), offset=1, device=vectors.device)
        return (directions @ directions.T)[rows, columns]
    first, second = vectors.chunk(2)
    return functional.cosine_similarity(first, second, dim=1)


def identity_similarity(descriptors: Tensor, features: Tensor, all_pairs: bool = False) -> Tensor:
    """L_s, eq. 3: minus the cosine between the similarities within pairs of descriptors and of identity features.

    Args:
        descriptors: w_id of B source images, (B, N); image i and image i + B / 2 are a pair.
        features: of a face-recognition network for the same images, (B, D).
        all_pairs: compare all pairs of the batch, not only those; a small batch has too few.

    Returns:
        A scalar in [-1, 1].
    """
    ours, wanted = pair_similarities(descriptors, all_pairs), pair_similarities(features, all_pairs)
    lengths: Tensor = torch.linalg.vector_norm(wanted) * torch.linalg.vector_norm(ours)
    return -torch.dot(wanted, ours) / lengths.clamp_min(EPSILON)


def identification(logits: Tensor, identities: Tensor) -> Tensor:
    """Cross-entropy of identity labels: L_d of the eraser (eq. 5) and L_id of the classifier (eq. 7).

    Args:
        logits: (B, C).
        identities: (B,) numbers of the true identities.
    """
    return functional.cross_entropy(logits, identities)


def latent_regression(again: tuple[Tensor, Tensor], identity: Tensor, motion: Tensor) -> Tensor:
    """L_r, eq. 6: mean absolute differences of descriptors read off the generated image and those it was made from.

    Args:
        again: w_id and w_m of the generated images, (B, N) each.
        identity: w_id of the sources, (B, N).
        motion: w_m of the driving frames, (B, N).
    """
    w_id, w_m = again
    return (w_id - identity).abs().mean() + (w_m - motion).abs().mean()
