"""CSIM: cosine of embeddings against the source images."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.csim import csim


def test_closed_forms():
    # Cosines with (1, 0): itself 1, opposite -1, orthogonal 0, 60 degrees 1/2, whatever the lengths.
    generated = np.array([[3.0, 0], [-2, 0], [0, 5], [1, np.sqrt(3)]])
    assert csim(generated, np.array([[7.0, 0]])) == pytest.approx([1, -1, 0, 0.5], abs=1e-15)


def test_several_sources_are_averaged():
    # Against (1, 0) and (0, 1): the mean of cos and sin of the angle.
    angle = np.deg2rad([0, 30, 45])
    generated = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert csim(generated, np.eye(2)) == pytest.approx((np.cos(angle) + np.sin(angle)) / 2)


def test_an_embedding_with_itself_is_exactly_at_most_one():
    rows = np.random.default_rng(0).normal(size=(200, 128))
    own = np.array([csim(row[None], row[None])[0] for row in rows])
    assert (own <= 1).all() and own == pytest.approx(1)


def test_frames_without_a_face_have_no_value():
    generated = np.array([[1.0, 0], [np.nan, np.nan], [0, 1]])
    assert np.array_equal(csim(generated, np.array([[1.0, 0]])), [1, np.nan, 0], equal_nan=True)


def test_sources_without_a_face_are_left_out():
    sources = np.array([[np.nan, np.nan], [0.0, 2.0]])
    assert csim(np.array([[0.0, 1.0]]), sources).tolist() == [1.0]
    assert np.isnan(csim(np.array([[0.0, 1.0]] * 3), sources[:1])).tolist() == [True] * 3


def test_one_row_or_many_give_the_same_bits():
    generator = np.random.default_rng(1)
    generated, sources = generator.normal(size=(33, 128)), generator.normal(size=(3, 128))
    whole = csim(generated, sources)
    for size in (1, 7, 16):
        parts = [csim(generated[i : i + size], sources) for i in range(0, 33, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_single_precision_is_computed_in_double():
    generator = np.random.default_rng(2)
    generated, source = (generator.normal(size=(n, 128)).astype(np.float32) for n in (4, 1))
    values = csim(generated, source)
    assert values.dtype == np.float64
    assert values == pytest.approx(csim(generated.astype(float), source.astype(float)), abs=1e-15)


@pytest.mark.parametrize(("generated", "source"), [((2, 3), (1, 4)), ((3,), (1, 3)), ((2, 3), (3,))])
def test_other_shapes_are_refused(generated, source):
    with pytest.raises(ValueError, match=r"expected embeddings \(T, D\) and \(S, D\)"):
        csim(np.ones(generated), np.ones(source))


def test_the_facts():
    metric = METRICS["csim[dlib]"]
    assert (metric.better, metric.reference, metric.input) == ("higher", "source", ("dlib128", "embedding"))
    assert metric.tasks == {"self_reenactment", "cross_reenactment"} and (metric.low, metric.high) == (-1, 1)
