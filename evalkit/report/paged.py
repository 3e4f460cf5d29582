"""Which pairs have a page of their own: all of them, or as many as are asked for of very many."""

import numpy as np

from evalkit.report.collect import Comparison
from evalkit.report.worst import Worst

MOST_PAGES, FEW_PAGES = 5000, 500
"""How many pairs may all have a page, and how many of more than that have one, unless a number is asked for."""


def page_count(total: int, asked: int | None) -> int:
    """How many of `total` pairs have a page."""
    return min(total, asked or (total if total <= MOST_PAGES else FEW_PAGES))


def paged(comparison: Comparison, found: Worst, asked: int | None) -> list[int]:
    """Indices of the pairs with a page, in order: the `found` worst ones, then failed ones, then evenly spread ones."""
    total = len(comparison.pairs)
    most = page_count(total, asked)
    if total <= most:
        return list(range(total))
    by_rank = sorted((rank, row[0]) for metric in found for method in metric for rank, row in enumerate(method))
    wanted = list(dict.fromkeys([*(index for _, index in by_rank), *_failed(comparison)]))[:most]
    others = np.setdiff1d(np.arange(total), wanted)
    spread = others[np.linspace(0, len(others) - 1, most - len(wanted)).round().astype(int)]
    return sorted([*wanted, *spread.tolist()])


def _failed(comparison: Comparison) -> list[int]:
    """Pairs that some method has no clip of."""
    made = frozenset.intersection(*(outcomes.made for outcomes in comparison.outcomes))
    return [index for index, pair in enumerate(comparison.pairs) if pair.id not in made]
