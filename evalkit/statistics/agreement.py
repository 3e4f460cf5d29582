"""Do raters agree: Krippendorff's alpha for nominal data.

`alpha = 1 - observed / expected` disagreement: 1 is agreement on everything, 0 what chance would give. When nearly all
votes go one way chance agrees too, so alpha is low although raters nearly always agree; read it beside the agreement.

Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011 (any number of raters, missing votes).
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Disagreement:
    """Sums over the values that have another of the same item to be paired with."""

    values: int
    observed: float
    expected: float

    @property
    def agreement(self) -> float | None:
        """Share of pairs of votes on one item that agree; None when no item has two."""
        return 1 - self.observed / self.values if self.values else None

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha; None when no item has two values, or all values are the same."""
        return 1 - self.observed / self.expected if self.expected else None


def disagreement(items: Sequence[Sequence[Hashable]]) -> Disagreement:
    """The disagreement among the values each item got; items with fewer than two are passed over."""
    paired = [Counter(values) for values in items if len(values) > 1]
    totals: Counter[Hashable] = Counter()
    for counts in paired:
        totals.update(counts)
    n = totals.total()
    observed = sum(_unequal(counts) / (counts.total() - 1) for counts in paired)
    return Disagreement(n, observed, _unequal(totals) / (n - 1) if n else 0.0)


def pool(parts: Sequence[Disagreement]) -> Disagreement:
    """Several comparisons together, where chance is taken within each."""
    return Disagreement(
        sum(part.values for part in parts),
        sum(part.observed for part in parts),
        sum(part.expected for part in parts),
    )


def _unequal(counts: Counter[Hashable]) -> int:
    """Ordered couples of unequal values."""
    return int(counts.total() ** 2 - sum(count**2 for count in counts.values()))
