"""Everything that the generator side learns with, and the losses of a batch."""

import contextlib

import torch
from torch import Tensor, nn

from baselines.sfd.everyone import everyone
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
        self.config, self.weights = config, config.weights
        self.model = SFD(config.shape)
        if config.start.still:
            self.model.start_still(config.start.mask)
        dim, heads = config.shape.style_dim, config.heads
        self.eraser = eraser(dim, heads.eraser_width, identities) if self.weights.eraser else None
        self.classifier = classifier(dim, heads.classifier_layers, identities) if self.weights.classifier else None

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
        scale, about = self.config.reconstruction_scale, self.config.perception
        found = {"reconstruction": scale * losses.reconstruction(generated, batch.driving)}
        if self.config.painting and self.model.shape.warp_source:
            found["painting"] = scale * losses.reconstruction(animated.painted, batch.driving)
        if share:
            with torch.no_grad():
                wanted = perceptual(batch.driving)
            found["perceptual"] = about.each * losses.perceptual(perceptual(generated), wanted, about.reduce)
            found |= self._descriptor_losses(batch, animated, share)
        if discriminator is not None:
            found["adversarial"] = losses.adversarial(discriminator(generated))
        return generated, found

    def _descriptor_losses(self, batch: Batch, animated: Animated, share: float) -> dict[str, Tensor]:
        source, driving = animated.source, animated.driving
        found: dict[str, Tensor] = {}
        if self.weights.similarity:
            descriptors, features = everyone(source.identity), everyone(batch.embedding)
            how = self.config.all_pairs, self.config.similarity_epsilon
            found["similarity"] = losses.identity_similarity(descriptors, features, *how)
        if self.eraser is not None:  # learns with weight 1; the encoder gets - lambda_d of it, eq. 8
            logits = self.eraser(reverse_gradient(driving.motion, share * self.weights.eraser))
            found["eraser"] = losses.identification(logits, batch.shown)
        if self.classifier is not None:
            found["classifier"] = losses.identification(self.classifier(source.identity), batch.identity)
        if self.weights.regression:
            found["regression"] = self._regression(animated)
        return found

    def _regression(self, animated: Animated) -> Tensor:
        about, targets = self.config.regression, (animated.source.identity, animated.driving.motion)
        reading = frozen(self.model.encoder, self.model.subspaces) if about.frozen else contextlib.nullcontext()
        with reading:
            again = self.model.describe(animated.generated)
        if about.frozen:
            targets = targets[0].detach(), targets[1].detach()
        return losses.latent_regression((again.identity, again.motion), *targets, about.reduce)

    def total(self, found: dict[str, Tensor], share: float = 1.0) -> Tensor:
        """Weighted sum, eq. 8. The eraser's minus sign and weight are in the reversed gradient.

        Args:
            found: unweighted losses.
            share: as in `forward`.
        """
        weights = self.weights.model_dump()
        weights |= {name: share * weights[name] for name in ON_DESCRIPTORS} | {
            "eraser": 1.0,
            "painting": self.config.painting,
        }
        return torch.stack([weights[name] * value for name, value in found.items()]).sum()
