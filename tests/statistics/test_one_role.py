"""One role: scale and degrees of freedom are those of the matrix they come from, written out."""

import numpy as np
import pytest

from evalkit.statistics import one_role as module
from evalkit.statistics.one_role import one_role


def test_scale_and_degrees_of_freedom_are_those_of_the_matrix(monkeypatch):
    """Bell and McCaffrey 2002: residuals of a weighted mean as forms of independent values, gathered by person."""
    monkeypatch.setattr(module, "_not_below_exact", lambda weight, square, terms, scale, df: (1.0, df))
    people = np.array([0, 0, 0, 0, 1, 1, 2])
    shares = np.array([4, 3, 2, 1, 5, 2, 3]) / 20
    weight = np.array([shares[people == k].sum() for k in range(3)])
    forms = np.array([shares * (people == k) - w * shares for k, w in enumerate(weight)])
    spread = forms @ forms.T / np.sqrt(np.outer(1 - weight, 1 - weight))
    found = one_role(people, shares)
    assert found.df == pytest.approx(np.trace(spread) ** 2 / (spread**2).sum())
    assert found.scale * (1 - weight) == pytest.approx(np.full(3, (shares**2).sum() / np.trace(spread)))
