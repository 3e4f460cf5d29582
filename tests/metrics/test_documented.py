"""docs/metrics.md names every metric there is."""

from pathlib import Path

import pytest

from evalkit.metrics import METRICS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_is_in_the_documentation(metric):
    family = f"`{metric.id}[...]`" in TEXT and f"`{(metric.variant or '').removesuffix('-mean-abs')}`" in TEXT
    assert f"`{metric.key}`" in TEXT or family or metric.id in ("coverage", "mkr")
