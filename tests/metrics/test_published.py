"""What a published number rests on stays as it is: facts of all metrics, and set metrics in blocks."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.base import PerSet

PINNED = Path(__file__).parent / "published.json"
IN_BLOCKS = [
    key for key, metric in METRICS.items() if isinstance(metric.level, PerSet) and metric.level.statistics is not None
]


def facts(metric):
    """Everything about a metric that tables, gates and comparisons of signatures see."""
    return {
        "signature": metric.signature(None, "averaging"),
        "title": metric.title,
        "better": metric.better,
        "unit": metric.unit,
        "scale": [str(metric.low), str(metric.high)],
        "decimals": metric.decimals,
        "input": list(metric.input) if metric.input else None,
        "tasks": sorted(metric.tasks),
        "by_frame": metric.by_frame,
        "missing_is_value": metric.missing_is_value,
    }


def test_facts_of_metrics_change_only_on_purpose():
    """A changed signature separates new runs from all old ones: raise `version` and edit the pinned file together."""
    pinned = json.loads(PINNED.read_text())
    lines = [f'"{key}": {json.dumps(facts(m))},' for key, m in METRICS.items() if facts(m) != pinned.get(key)]
    assert not lines, f"new or changed lines for {PINNED.name}:\n" + "\n".join(lines)
    assert pinned.keys() == METRICS.keys()


@pytest.mark.parametrize("key", IN_BLOCKS)
def test_a_set_metric_is_the_same_in_blocks(key):
    # A run takes the statistics, and whoever calls the metric its function.
    metric, generator = METRICS[key], np.random.default_rng(0)
    one, other = generator.normal(size=(30, 7)), 1.5 * generator.normal(size=(40, 7)) + 0.2
    in_blocks = metric.level.statistics
    gathered = [in_blocks.gather(np.array_split(rows, parts)) for rows, parts in ((one, 4), (other, 3))]
    assert in_blocks.compare(*gathered) == pytest.approx(metric.function(one, other), rel=1e-9)


def test_every_frechet_distance_is_tried_in_blocks():
    assert {METRICS[key].id for key in IN_BLOCKS} >= {"fid", "fvd"}
