"""Orthogonal motion directions.

Source: Wang et al., "Latent Image Animator" (ICLR 2022), section 3.2 (linear motion decomposition).
"""

import torch
from torch import Tensor, nn

EPSILON = 1e-8


class Directions(nn.Module):
    """Bank of orthonormal directions in the latent space, made from a free matrix by QR.

    Args:
        style_dim: Length of a direction.
        motion_dim: Number of directions.
    """

    fixed_basis: Tensor | None

    def __init__(self, style_dim: int, motion_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(style_dim, motion_dim))
        self.register_buffer("fixed_basis", None, persistent=False)

    def basis(self) -> Tensor:
        """(style_dim, motion_dim) orthonormal columns.

        Always factorised on the CPU in float32: the signs of the columns are those of LAPACK's Householder QR, which
        the released networks were trained with.
        """
        if self.fixed_basis is not None:
            return self.fixed_basis
        basis: Tensor = torch.linalg.qr(self.weight.float().cpu() + EPSILON).Q
        return basis.to(self.weight)

    def fix_weights(self) -> None:
        """See `Fixable`."""
        self.fixed_basis = self.basis()

    def forward(self, magnitudes: Tensor) -> Tensor:
        """(B, motion_dim) magnitudes -> (B, style_dim) sums of directions."""
        return magnitudes @ self.basis().T
