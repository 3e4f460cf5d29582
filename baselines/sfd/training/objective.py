"""Everything that the generator side learns with, and the losses of a batch."""

import torch
from torch import Tensor, nn

from baselines.sfd.model import SFD, Face
from baselines.sfd.training import losses
from baselines.sfd.training.config import Config
from baselines.sfd.training.heads import classifier, eraser, reverse_gradient
from baselines.sfd.training.perceptual import Perceptual
from baselines.sfd.training.sampling import Batch
from baselines.stylegan.encoder import AppearanceEncoder


class Objective(nn.Module):
    """The model with the heads that its stage trains with.

    Args:
        config: of the training.
        identities: C, how many people there are.
    """

    def __init__(self, config: Config, identities: int) -> None:
        super().__init__()
        self.weights = config.weights
        self.model = SFD(config.shape)
        dim = config.shape.style_dim
        self.eraser = eraser(dim, identities) if self.weights.eraser else None
        self.classifier = classifier(dim, identities) if self.weights.classifier else None

    def forward(
        self, batch: Batch, perceptual: Perceptual, discriminator: nn.Module | None, all_losses: bool = True
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Generated images (B, 3, size, size) and the losses of the stage, unweighted.

        Args:
            batch: of training pairs.
            perceptual: frozen network of the perceptual loss.
            discriminator: image to logit, its parameters frozen; None where it does not play.
            all_losses: False leaves out eraser and latent regression.
        """
        generated, source, driving = self.model(batch.source, batch.driving)
        with torch.no_grad():
            wanted = perceptual(batch.driving)
        found = {
            "reconstruction": losses.reconstruction(generated, batch.driving),
            "perceptual": losses.perceptual(perceptual(generated), wanted),
        }
        if discriminator is not None:
            found["adversarial"] = losses.adversarial(discriminator(generated)[0])
        found |= self._identity_losses(batch, source)
        if all_losses:
            found |= self._disentangling_losses(batch, generated, source, driving)
        return generated, found

    def _identity_losses(self, batch: Batch, source: Face) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        if self.weights.similarity:
            found["similarity"] = losses.identity_similarity(source.identity, batch.embedding)
        if self.classifier is not None:
            found["classifier"] = losses.identification(self.classifier(source.identity), batch.identity)
        return found

    def _disentangling_losses(self, batch: Batch, generated: Tensor, source: Face, driving: Face) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        if self.eraser is not None:  # learns with weight 1; the encoder gets - lambda_d of it, eq. 8
            logits = self.eraser(reverse_gradient(driving.motion, self.weights.eraser))
            found["eraser"] = losses.identification(logits, batch.identity)
        if self.weights.regression:
            again = self.model.describe(generated)
            targets = source.identity.detach(), driving.motion.detach()
            found["regression"] = losses.latent_regression((again.identity, again.motion), *targets)
        return found

    def total(self, found: dict[str, Tensor]) -> Tensor:
        """Weighted sum, eq. 8. The eraser's minus sign and weight are in the reversed gradient."""
        weights = self.weights.model_dump() | {"eraser": 1.0}
        return torch.stack([weights[name] * value for name, value in found.items()]).sum()


def discriminator(config: Config) -> AppearanceEncoder:
    """StyleGAN2's residual discriminator without minibatch statistics: the appearance encoder with one output."""
    return AppearanceEncoder(config.shape.size, 1, config.shape.taps, config.adversary.widths)
