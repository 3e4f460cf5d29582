"""Bradley-Terry strengths from votes between couples of methods.

The chance that i is preferred to j is `1 / (1 + exp(s_j - s_i))`; strengths sum to 0. Half a vote each way is added to
every couple that was compared, so that a method that won everything has a finite strength. Intervals are Wald's, from
the inverse of the observed information, and take votes as independent.

Source: Bradley and Terry, Biometrika 1952; Hunter, Annals of Statistics 2004 (likelihood and its information).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from evalkit.statistics.estimate import LEVEL
from evalkit.types import Values

_PRIOR = 0.5
_STEPS, _LONGEST, _CLOSE = 200, 1.0, 1e-10


def strengths(wins: Values, compared: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Strengths (M,) and half-widths of their intervals (M,).

    Args:
        wins: (M, M), how often row was preferred to column.
        compared: (M, M), symmetric: couples that were to be compared. They must link all methods.

    Raises `ValueError` when they do not.
    """
    if not _linked(compared):
        raise ValueError("strengths are comparable only among methods that comparisons link")
    counted = wins + _PRIOR * compared
    games = counted + counted.T
    found = np.zeros(len(wins))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(found[None] - found[:, None]))
        information = _information(games, chance)
        step = np.linalg.pinv(information, hermitian=True) @ (counted - games * chance).sum(axis=1)
        found = found + step * min(1.0, _LONGEST / max(float(np.abs(step).max()), _CLOSE))
        if np.abs(step).max() < _CLOSE:
            break
    spread = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True)))
    return found - found.mean(), np.asarray(ndtri(0.5 + LEVEL / 2) * spread)


def _information(games: Values, chance: Values) -> Values:
    """(M, M): minus the second derivative of the log-likelihood; its rows sum to 0."""
    weight = games * chance * (1 - chance)
    return np.asarray(np.diag(weight.sum(axis=1)) - weight)


def _linked(compared: NDArray[np.bool_]) -> bool:
    """Whether one can get from any method to any other over compared couples."""
    reached = np.eye(len(compared), dtype=bool) | compared
    for _ in range(len(compared)):
        reached = reached @ reached
    return bool(reached.all())
