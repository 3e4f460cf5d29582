"""Which metrics can be computed here: a metric whose networks have no weights is reported, never replaced."""

from collections.abc import Sequence

from evalkit.extractors import EXTRACTORS
from evalkit.features import dependency_order
from evalkit.metrics import Metric
from evalkit.weights import missing


def unavailable(metrics: Sequence[Metric]) -> dict[str, str]:
    """Metric key -> why it cannot be computed, with the commands that help, for those that cannot."""
    reasons = {metric.key: _reason(metric) for metric in metrics}
    return {key: reason for key, reason in reasons.items() if reason is not None}


def _reason(metric: Metric) -> str | None:
    if metric.input is None:
        return None
    networks = dependency_order([metric.input[0]])
    return missing(weight for name in networks for weight in EXTRACTORS.get(name).weights)
