"""From evidence to significance: which metrics got worse or better, corrected over all that are judged.

Metrics fall into families that are tested in their own way: pair by pair (sign flips), by redrawing sets, by two
intervals. Each family is corrected within, and gets the share of the permitted false alarms that its number of
metrics says, so that together they err no more often than one gate may.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from evalkit.gate.evidence import Evidence
from evalkit.gate.rules import Rules
from evalkit.gate.verdict_record import Basis
from evalkit.statistics import signflip


@dataclass(frozen=True)
class Call:
    """One view of a metric: its `loss` and `tolerance` (typical view: as shares), and what its tests say.

    `possible` is false when so few identities can prove nothing; `p` and `corrected` belong to "worse".
    """

    view: Literal["mean", "typical"]
    loss: float
    tolerance: float
    worse: bool
    better: bool
    possible: bool
    p: float | None = None
    corrected: float | None = None


@dataclass(frozen=True)
class Tested:
    """A metric's calls, the mean first, and on what they rest."""

    basis: Basis
    calls: tuple[Call, ...]


def alpha(e: Evidence, rules: Rules) -> float:
    """The permitted chance of a false alarm."""
    return 1 - (rules.confidence if e.rule.confidence is None else e.rule.confidence)


def test_all(evidence: Sequence[Evidence], rules: Rules, spend: float = 1.0) -> Mapping[str, Tested]:
    """Tests of all metrics of `evidence`, all of them measured, corrected together; by metric key.

    `spend` is the share of the permitted false alarms that this look may use up.
    """
    paired = [e for e in evidence if e.differences is not None and e.differences.clusters >= 2]
    redrawn = [e for e in evidence if not e.views and e.resampled is not None]
    unpaired = [e for e in evidence if not e.views and e.resampled is None and e.interval is not None]
    total = len(paired) + len(redrawn) + len(unpaired)
    found = {e.key: _untested(e) for e in evidence}
    found |= _permuted(paired, rules, spend, total)
    found |= {e.key: _redrawn(e, rules, spend, total) for e in redrawn}
    found |= {e.key: _by_intervals(e, rules, spend, total) for e in unpaired}
    return found


def _allowed(e: Evidence, rules: Rules, spend: float) -> float:
    return alpha(e, rules) * spend / (2 if e.rule.direction == "both" else 1)


def _permuted(paired: Sequence[Evidence], rules: Rules, spend: float, total: int) -> dict[str, Tested]:
    """Sign flips of all views of all metrics together (Holm's steps on the joint distribution)."""
    flat = [(e, view) for e in paired for view in e.views]
    up, down = signflip.two_tests([view.differences for _, view in flat], rules.seed)
    calls: dict[str, list[Call]] = {e.key: [] for e in paired}
    for (e, view), worse, better in zip(flat, up, down, strict=True):
        allowed = _allowed(e, rules, spend)
        corrected, other = (min(1.0, test.corrected * total / len(paired)) for test in (worse, better))
        exhausted = min(worse.p, better.p) <= worse.smallest * (1 + 1e-9) and min(corrected, other) > allowed
        shares = view.name == "typical"
        loss, tolerance = (math.expm1(x) if shares else x for x in (view.differences.mean, view.tolerance))
        calls[e.key].append(
            Call(
                view=view.name,
                loss=loss,
                tolerance=tolerance,
                worse=corrected <= allowed,
                better=other <= allowed,
                possible=worse.smallest <= allowed and not exhausted,
                p=worse.p,
                corrected=corrected,
            )
        )
    return {key: Tested("paired", tuple(found)) for key, found in calls.items()}


def _redrawn(e: Evidence, rules: Rules, spend: float, total: int) -> Tested:
    """Set metrics: the share of redrawn sets without a loss, times the number of metrics (Bonferroni)."""
    losses = np.asarray(e.resampled)
    losses = losses[np.isfinite(losses)]
    p, q = ((1 + int((sign * losses <= 0).sum())) / (1 + len(losses)) for sign in (1.0, -1.0))
    possible = total / (1 + len(losses)) <= _allowed(e, rules, spend)
    return Tested("redrawn", (_bonferroni(e, p, q, possible, _allowed(e, rules, spend), total),))


def _by_intervals(e: Evidence, rules: Rules, spend: float, total: int) -> Tested:
    """Two 95 % intervals taken as independent and normal."""
    assert e.interval is not None and e.loss is not None
    error = (e.interval[1] - e.interval[0]) / 2 / float(stats.norm.ppf(0.975))
    ratio = e.loss / error if error else math.copysign(math.inf, e.loss) if e.loss else 0.0
    p, q = float(stats.norm.sf(ratio)), float(stats.norm.cdf(ratio))
    return Tested("unpaired", (_bonferroni(e, p, q, True, _allowed(e, rules, spend), total),))


def _bonferroni(e: Evidence, p: float, q: float, possible: bool, allowed: float, total: int) -> Call:
    assert e.loss is not None
    corrected = min(1.0, p * total)
    return Call("mean", e.loss, e.tolerance, corrected <= allowed, q * total <= allowed, possible, p, corrected)


def _untested(e: Evidence) -> Tested:
    """One person proves nothing; without pairs and intervals the tolerance decides alone."""
    alone = not e.views
    basis: Basis = "tolerance only" if alone else "paired"
    return Tested(basis, (Call("mean", e.loss or 0.0, e.tolerance, alone, alone, alone),))
