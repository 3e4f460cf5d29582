"""Identity and motion subspaces: one learned matrix, orthonormalised at every forward pass.

Source: Zhu et al., "Learning Semantic Facial Descriptors for Accurate Face Animation", section II-A (eq. 1 and 2).
"""

from typing import Literal

import torch
from torch import Tensor, nn

Route = Literal["qr", "gram_schmidt"]


def gram_schmidt(matrix: Tensor) -> Tensor:
    """Orthonormal columns that span what the first columns of `matrix` span, one after the other.

    The modified process: each column is freed of the directions found so far one by one, which loses less precision
    than subtracting all projections at once.

    Args:
        matrix: (N, K) with independent columns.

    Returns:
        (N, K).
    """
    found: list[Tensor] = []
    for column in matrix.unbind(dim=1):
        for direction in found:
            column = column - (column @ direction) * direction
        found.append(column / column.norm())
    return torch.stack(found, dim=1)


def qr_columns(matrix: Tensor) -> Tensor:
    """The same as `gram_schmidt` by Householder QR, whose signs are turned so that each column leans towards its own.

    Args:
        matrix: (N, K) with independent columns.

    Returns:
        (N, K).
    """
    q, r = torch.linalg.qr(matrix)
    columns: Tensor = q * torch.sign(torch.diagonal(r))
    return columns


ROUTES = {"qr": qr_columns, "gram_schmidt": gram_schmidt}


class Subspaces(nn.Module):
    """The basis D = {x_1 ... x_p, y_1 ... y_q} of eq. 1.

    Args:
        dim: N, length of a basis vector.
        identity_dim: p, basis vectors of the identity subspace; 0 leaves a motion subspace only.
        motion_dim: q, basis vectors of the motion subspace.
        route: How the matrix is orthonormalised.
    """

    fixed_basis: Tensor | None

    def __init__(self, dim: int, identity_dim: int, motion_dim: int, route: Route = "qr") -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(dim, identity_dim + motion_dim))
        self.identity_dim = identity_dim
        self.orthonormalise = ROUTES[route]
        self.register_buffer("fixed_basis", None, persistent=False)

    def bases(self) -> tuple[Tensor, Tensor]:
        """X (p, N) and Y (q, N), rows orthonormal; never in half precision."""
        basis = self._orthonormal() if self.fixed_basis is None else self.fixed_basis
        return basis[: self.identity_dim], basis[self.identity_dim :]

    def _orthonormal(self) -> Tensor:
        with torch.autocast(self.weight.device.type, enabled=False):
            return self.orthonormalise(self.weight).T

    def fix_weights(self) -> None:
        """See `Fixable`."""
        self.fixed_basis = self._orthonormal()
