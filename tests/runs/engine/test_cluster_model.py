"""The discrete-event model of benchmarks/cluster_model.py, where the answer can be worked out by hand."""

import pytest

from benchmarks.cluster_model import CLIPS, FRAMES, Cluster, Costs, clip_lengths, simulate

COSTS = Costs(load=5.0, make=0.1, first=0.3, again=0.2, warm=1.0)


def test_one_worker_does_all_of_it_one_after_another():
    found = simulate([10] * 4, 2, COSTS, Cluster(1))
    making, scoring = 2 * (5 + 4 * 10 * 0.1), 1 + 4 * 10 * 0.3 + 4 * 10 * 0.2
    assert found.seconds == pytest.approx(making + scoring)
    assert (found.busy["making"], found.busy["scoring"]) == pytest.approx((making, scoring))


def test_two_workers_share_it_evenly_and_each_loads_one_method():
    found = simulate([10] * 4, 2, COSTS, Cluster(2))
    assert found.busy["making"] == pytest.approx(2 * (5 + 4))
    assert found.workers[0] == pytest.approx(found.workers[1], rel=0.2)
    assert found.seconds == pytest.approx(max(found.workers.values()), rel=0.05)


def test_scorers_work_beside_makers():
    costs = Costs(load=0.0, make=1.0, first=0.5, again=0.5)
    found = simulate([10] * 20, 1, costs, Cluster(1, 1))
    # All is made one after another, and the last clip is then scored.
    assert found.seconds == pytest.approx(20 * 10 + 5)
    assert found.shares(Cluster(1, 1))["making"] == pytest.approx(200 / 205)


@pytest.mark.parametrize(
    ("costs", "cluster", "kind"),
    [
        (Costs(load=0, make=1.0, first=0.1, again=0.1), Cluster(4, 4), "making"),
        (Costs(load=0, make=0.1, first=1.0, again=1.0), Cluster(4, 4), "scoring"),
        (Costs(load=0, make=0.1, first=0.1, again=0.1, task=2.0), Cluster(4, 4), "command"),
        (Costs(load=0, make=0.1, first=0.1, again=0.1, bytes_per_frame=1.0), Cluster(4, 4, 1.0), "files"),
    ],
)
def test_the_bottleneck_is_what_is_never_idle(costs, cluster, kind):
    shares = simulate([10] * 40, 2, costs, cluster).shares(cluster)
    assert max(shares, key=shares.__getitem__) == kind and 0.9 < shares[kind] <= 1


def test_more_workers_than_pairs_gain_nothing_more():
    alone = Costs(load=0, make=1.0, first=0, again=0)
    assert (
        simulate([10, 30], 1, alone, Cluster(2, 2)).seconds == simulate([10, 30], 1, alone, Cluster(9, 9)).seconds == 30
    )


def test_the_lengths_are_those_of_the_test_set():
    lengths = clip_lengths()
    assert len(lengths) == CLIPS and sum(lengths) == pytest.approx(FRAMES, rel=1e-3) and min(lengths) > 20
