"""The seven losses of the paper as functions of tensors, unweighted.

Source: Zhu et al., "Learning Semantic Facial Descriptors for Accurate Face Animation", section II-B to II-D. What the
paper leaves open is an argument, and a key of the configuration.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

Reduce: TypeAlias = Literal["sum", "mean"]
_SHORTEST = 1e-8
"""Vectors shorter than this have no direction."""


def reconstruction(generated: Tensor, driving: Tensor) -> Tensor:
    """Mean absolute difference of images."""
    return (generated - driving).abs().mean()


def perceptual(generated: Sequence[Tensor], driving: Sequence[Tensor], reduce: Reduce) -> Tensor:
    """Sum or mean over feature maps of their mean absolute differences."""
    differences = torch.stack([(a - b).abs().mean() for a, b in zip(generated, driving, strict=True)])
    return differences.sum() if reduce == "sum" else differences.mean()


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
    """(B, D) -> (B / 2,) cosines of vectors 2 i and 2 i + 1, or (B (B - 1) / 2,) of all pairs.

    The paper's pair is i and i + B / 2. That is another order of the batch, in which neighbours may be in one process.
    """
    if all_pairs:
        directions = functional.normalize(vectors, dim=1, eps=_SHORTEST)
        rows, columns = torch.triu_indices(len(vectors), len(vectors), offset=1, device=vectors.device)
        return (directions @ directions.T)[rows, columns]
    return functional.cosine_similarity(vectors[::2], vectors[1::2], dim=1, eps=_SHORTEST)


def identity_similarity(
    descriptors: Tensor, features: Tensor, all_pairs: bool = False, epsilon: float = 1e-8
) -> Tensor:
    """L_s, eq. 3: minus the cosine between the similarities within pairs of descriptors and of identity features.

    Args:
        descriptors: w_id of B source images, (B, N); images 2 i and 2 i + 1 are a pair.
        features: of a face-recognition network for the same images, (B, D).
        all_pairs: compare all pairs of the batch, not only those; a small batch has too few.
        epsilon: of eq. 3.

    Returns:
        A scalar in [-1, 1].
    """
    ours, wanted = pair_similarities(descriptors, all_pairs), pair_similarities(features, all_pairs)
    lengths: Tensor = torch.linalg.vector_norm(wanted) * torch.linalg.vector_norm(ours)
    return -torch.dot(wanted, ours) / lengths.clamp_min(epsilon)


def identification(logits: Tensor, identities: Tensor) -> Tensor:
    """Cross-entropy of identity labels: L_d of the eraser (eq. 5) and L_id of the classifier (eq. 7).

    Args:
        logits: (B, C).
        identities: (B,) numbers of the true identities.
    """
    return functional.cross_entropy(logits, identities)


def latent_regression(again: tuple[Tensor, Tensor], identity: Tensor, motion: Tensor, reduce: Reduce) -> Tensor:
    """L_r, eq. 6: absolute differences of descriptors read off the generated image and those it was made from.

    Args:
        again: w_id and w_m of the generated images, (B, N) each.
        identity: w_id of the sources, (B, N).
        motion: w_m of the driving frames, (B, N).
        reduce: over the N elements: the sum is the L1 norm. Over images it is the mean.
    """
    w_id, w_m = again
    difference = (w_id - identity).abs() + (w_m - motion).abs()
    return difference.sum(dim=1).mean() if reduce == "sum" else difference.mean()
