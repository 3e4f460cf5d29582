"""Everything that the generator side learns with, and the losses of a batch."""

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.encoder import AppearanceEncoder
from baselines.sfd.lab.training import losses
from baselines.sfd.lab.training.config import Config
from baselines.sfd.lab.training.freezing import frozen
from baselines.sfd.lab.training.heads import classifier, eraser, reverse_gradient
from baselines.sfd.lab.training.perceptual import Perceptual
from baselines.sfd.lab.training.sampling import Batch
from baselines.sfd.model import SFD, Animated

ON_DESCRIPTORS = ("similarity", "regression", "classifier")


class Objective(nn.Module):
    """The model with the heads that its stage trains with.

    Args:
        config: of the training.
        identities: C, how many people there are.
    """

    def __init__(self, config: Config, identities: int) -> None:
        super().__init__()
        self.weights = config.weights
        self.painting, self.all_pairs = config.painting, config.all_pairs
        self.model = SFD(config.shape)
        dim = config.shape.style_dim
        self.eraser = eraser(dim, identities) if self.weights.eraser else None
        self.classifier = classifier(dim, identities) if self.weights.classifier else None

    def forward(
        self, batch: Batch, perceptual: Perceptual, discriminator: nn.Module | None, share: float = 1.0
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Generated images (B, 3, size, size) and the losses of the stage, unweighted.

        Args:
            batch: of training pairs.
            perceptual: frozen network of the perceptual loss.
            discriminator: image to logit, its parameters frozen; None where it does not play.
            share: of their weights with which losses on descriptors play; 0 leaves out all but the reconstruction loss.
        """
        animated: Animated = self.model(batch.source, batch.seen)
        generated = animated.generated
        found = {"reconstruction": losses.reconstruction(generated, batch.driving)}
        if self.painting and self.model.shape.warp_source:
            found["painting"] = losses.reconstruction(animated.painted, batch.driving)
        if share:
            with torch.no_grad():
                wanted = perceptual(batch.driving)
            found["perceptual"] = losses.perceptual(perceptual(generated), wanted)
            found |= self._descriptor_losses(batch, animated, share)
        if discriminator is not None:
            found["adversarial"] = losses.adversarial(discriminator(generated)[0])
        return generated, found

    def _descriptor_losses(self, batch: Batch, animated: Animated, share: float) -> dict[str, Tensor]:
        source, driving = animated.source, animated.driving
        found: dict[str, Tensor] = {}
        if self.weights.similarity:
            found["similarity"] = losses.identity_similarity(source.identity, batch.embedding, self.all_pairs)
        if self.eraser is not None:  # learns with weight 1; the encoder gets - lambda_d of it, eq. 8
            logits = self.eraser(reverse_gradient(driving.motion, share * self.weights.eraser))
            found["eraser"] = losses.identification(logits, batch.shown)
        if self.classifier is not None:
            found["classifier"] = losses.identification(self.classifier(source.identity), batch.identity)
        if self.weights.regression:
            with frozen(self.model.encoder, self.model.subspaces):  # else they learn to overlook motion
                again = self.model.describe(animated.generated)
            targets = source.identity.detach(), driving.motion.detach()
            found["regression"] = losses.latent_regression((again.identity, again.motion), *targets)
        return found

    def total(self, found: dict[str, Tensor], share: float = 1.0) -> Tensor:
        """Weighted sum, eq. 8. The eraser's minus sign and weight are in the reversed gradient.

        Args:
            found: unweighted losses.
            share: as in `forward`.
        """
        weights = self.weights.model_dump()
        weights |= {name: share * weights[name] for name in ON_DESCRIPTORS} | {"eraser": 1.0, "painting": self.painting}
        return torch.stack([weights[name] * value for name, value in found.items()]).sum()


def discriminator(config: Config) -> AppearanceEncoder:
    """StyleGAN2's residual discriminator without minibatch statistics: the appearance encoder with one output."""
    return AppearanceEncoder(config.shape.size, 1, config.shape.taps, config.adversary.widths)
