"""Set metrics from kept features: equal runs, planted losses, and what happens when features are gone."""

import json

import numpy as np
import pytest

from evalkit.base.places import cache_dir
from evalkit.gating.rules import Rules
from evalkit.gating.set_features import _thin, loss_of_sets
from evalkit.gating.side import read_side
from evalkit.gating.verdict import gate
from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key
from evalkit.scoring.features import chain_signature
from tests.fakes import make_protocol
from tests.gating.conftest import entry, people, values

KEY, DIMENSIONS = "fid", 8


def load(digest, selection):
    key = feature_key(digest, clip_decoding(selection), chain_signature("inception"))
    return FeatureCache(cache_dir()).load(key)["pool"]


def keep(digest, decoding, rows):
    key = feature_key(digest, decoding, chain_signature("inception"))
    FeatureCache(cache_dir()).save(key, {"pool": rows})


@pytest.fixture
def with_features(make_run):
    """A run whose generated features lie `offset` away from those of the driving clips, in the cache."""

    def made(name, offset, seed, fid, real_set="driving"):
        protocol: Protocol = make_protocol(metrics=[KEY], real_set=real_set)
        folder = make_run(
            name,
            values(),
            rules=protocol.model_dump(mode="json"),
            entries={KEY: entry(KEY, [fid], better="lower", coverage=1.0)},
        )
        generator, reference = np.random.default_rng(seed), np.random.default_rng(0)
        decoding = clip_decoding(protocol.selection)
        for pair, _ in people():
            path = folder / "pairs" / f"{pair}.json"
            outcome = json.loads(path.read_text())
            outcome |= {"generated_sha256": f"{name}-{pair}", f"{real_set}_sha256": f"{real_set}-{pair}"}
            path.write_text(json.dumps(outcome))
            rows = reference.normal(size=(6, DIMENSIONS))
            keep(f"{real_set}-{pair}", decoding, rows)
            keep(
                f"{name}-{pair}", clip_decoding(protocol.whole), rows + offset + 0.1 * generator.normal(size=rows.shape)
            )
        return read_side(folder)

    return made


def row(verdict):
    return next(row for row in verdict.metrics if row.key == KEY)


def test_equal_features_lose_nothing(with_features):
    a = with_features("a", 0.5, 1, 2.0)
    loss = loss_of_sets(KEY, 0.0, a, a)
    assert loss is not None and (loss.mean, loss.error, loss.people) == (0.0, 0.0, 20)


def test_people_are_left_out_of_both_runs(with_features):
    a, b = with_features("a", 0.5, 1, 2.0), with_features("b", 0.7, 2, 3.92)
    loss = loss_of_sets(KEY, 1.92, a, b)
    protocol = make_protocol()
    rows = [[load(f"{name}-{pair}", protocol.whole) for pair, _ in people()] for name in ("a", "b")]
    reference = np.concatenate([load(f"driving-{pair}", protocol.selection) for pair, _ in people()])

    def without(person):
        kept = [i for i, (_, name) in enumerate(people()) if name != person]
        before, after = (np.concatenate([side[i] for i in kept]) for side in rows)
        return METRICS[KEY].function(after, reference)[0] - METRICS[KEY].function(before, reference)[0]

    losses = np.array([without(f"p{i:02d}") for i in range(20)])
    assert loss is not None and (loss.mean, loss.people) == (1.92, 20) and loss.df == pytest.approx(19)
    assert loss.error == pytest.approx(np.sqrt(19 / 20 * ((losses - losses.mean()) ** 2).sum()))


def test_the_real_set_is_the_one_of_the_protocol(with_features):
    a, b = (with_features(name, offset, seed, 2.0, "source") for name, offset, seed in (("a", 0.5, 1), ("b", 0.7, 2)))
    loss = loss_of_sets(KEY, 1.0, a, b)
    assert loss is not None and loss.error > 0


def test_a_planted_loss_is_red_beyond_noise(with_features):
    # The distance of equal covariances is the squared shift: 8 * 0.5^2 = 2 against 8 * 0.7^2 = 3.92.
    a, b = with_features("a", 0.5, 1, 2.0), with_features("b", 0.7, 2, 3.92)
    verdict = gate(a, b, Rules())
    assert verdict.exit_code == 1 and row(verdict).status == "worse" and row(verdict).basis == "people left out"
    assert row(verdict).change_low < 1.92 < row(verdict).change_high
    assert any("kept features" in text for text in verdict.warnings)


def test_another_seed_is_shown_to_be_as_good_although_beyond_the_tolerance(with_features):
    a, b = with_features("a", 0.5, 1, 2.0), with_features("b", 0.5, 2, 2.03)
    verdict = gate(a, b, Rules())
    assert row(verdict).change > row(verdict).tolerance and row(verdict).status == "same" and verdict.exit_code == 0
    assert row(verdict).loss_high < row(verdict).margin


def test_without_the_features_nothing_is_shown(with_features):
    a, b = with_features("a", 0.5, 1, 2.0), with_features("b", 0.7, 2, 3.92)
    for path in FeatureCache(cache_dir()).entries():
        path.unlink()
    assert loss_of_sets(KEY, 1.92, a, b) is None
    verdict = gate(a, b, Rules())
    assert row(verdict).basis == "tolerance only" and verdict.exit_code == 3


@pytest.mark.parametrize(
    ("lengths", "step"), [((1000, 1000), 1), ((1000, 1001), 2), ((4000,), 2), ((4001,), 3), ((), 1), ((0, 0), 1)]
)
def test_large_protocols_are_thinned_evenly(lengths, step):
    """To two thousand rows at most, by the same step in every clip."""
    clips = [np.arange(length, dtype=float)[:, None] for length in lengths]
    for clip, thin in zip(clips, _thin(clips), strict=True):
        assert np.array_equal(thin, clip[::step])
