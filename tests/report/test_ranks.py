"""Who is ranked, and in which order rows stand."""

from evalkit.report.collect import collect
from evalkit.report.ranks import ranks
from tests.report.conftest import small_protocol


def test_best_first_and_anchors_last(make_run):
    protocol = small_protocol(metrics=["l1"], anchors=["still"])
    runs = [make_run(name, quality=q, protocol=protocol) for name, q in (("still", 0.0), ("bad", 0.9), ("good", 0.1))]
    found = ranks(collect(runs))
    assert found.order == (2, 1, 0) and found.ranked_by == ("l1",)
    assert [found.standings[i].rank for i in (2, 1)] == [1, 2] and 0 not in found.standings


def test_a_run_with_a_failed_pair_is_not_ranked(comparison):
    found = ranks(comparison)
    assert found.standings == {} and found.ranked_by == () and found.order == (0, 1)
