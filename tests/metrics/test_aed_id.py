"""AED of the FOMM line: a squared distance, without a root."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.aed_id import aed_id


def test_closed_forms():
    # |a - b|^2 of unit vectors is 2 - 2 cos: 0 for equal, 2 for orthogonal, 4 for opposite ones.
    driving = np.eye(4)[[0, 0, 0, 0]]
    half = np.array([0.5, np.sqrt(0.75), 0, 0])
    generated = np.stack([driving[0], np.eye(4)[1], -driving[0], half])
    assert aed_id(generated, driving) == pytest.approx([0, 2, METRICS["aed_id"].high, 1])


def test_a_worse_embedding_scores_worse():
    driving = np.random.default_rng(0).normal(size=(5, 128))
    values = [aed_id(driving + step, driving).mean() for step in (0, 0.1, 0.2)]
    assert values == sorted(values) and METRICS["aed_id"].better == "lower"


def test_it_is_not_the_expression_distance():
    assert METRICS["aed_id"].input == ("openface", "embedding") and METRICS["aed_id"].tasks == {"self_reenactment"}
