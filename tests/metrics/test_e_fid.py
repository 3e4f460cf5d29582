"""E-FID: FID's formula on coefficients, without the frames that have no face."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.e_fid import e_fid, with_a_face


def test_two_gaussians_of_known_moments():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    rows = (rows - rows.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T)).T)
    # Means differ by (1, 0, 0), deviations are 2 and 1 in all three dimensions: 1 + 3 (2 - 1)^2.
    assert e_fid(2 * rows + [1, 0, 0], rows)[0] == pytest.approx(1 + 3)
    assert e_fid(rows, rows)[0] == 0


def test_less_expression_is_worse_and_a_frozen_face_worst():
    rows = np.random.default_rng(0).uniform(size=(100, 52))
    values = [e_fid(rows.mean(axis=0) + s * (rows - rows.mean(axis=0)), rows)[0] for s in (1, 0.8, 0.5, 0)]
    assert values == sorted(values) and len(set(values)) == 4


def test_frames_without_a_face_are_left_out():
    rows = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0]])
    assert with_a_face(rows).tolist() == [[1, 2], [3, 4]]
    assert find_metric("e_fid").key == "e_fid[deep3d]" and METRICS["e_fid[blendshapes]"].level.rows is with_a_face
