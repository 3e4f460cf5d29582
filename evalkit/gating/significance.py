"""From evidence to numbers that can be judged: how sure a loss is, in each metric and over all of them.

Pair by pair where there are scores of the same pairs; by leaving out people for set metrics whose features were kept;
else by two intervals, taken as independent. What rests on neither has no error, and proves nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.gating.decision import SHOWN, corrected, of_two, share, surest, words
from evalkit.gating.evidence import Evidence
from evalkit.gating.rules import Rules
from evalkit.gating.verdict_record import Basis
from evalkit.gating.views import correlation
from evalkit.statistics.estimate import Estimate

Word = Literal["better", "worse", "same", "not_proven"]
_WORDS: Mapping[str, Word] = {"better": "better", "worse": "worse", "same": "same", "not_proven": "not_proven"}


@dataclass(frozen=True)
class Call:
    """One view of a metric.

    Attributes:
        view: "mean" is in the metric's unit, "typical" in logarithms of ratios.
        loss: positive is worse; with its error, if it has one.
        tolerance: of a loss.
        p: of a loss, corrected for the number of views; 1 without an error.
        q: of a gain, alike.
    """

    view: Literal["mean", "typical"]
    loss: Estimate
    tolerance: float
    p: float
    q: float

    def stated(self, loss: float) -> float:
        """A loss of this view as people read it: in the metric's unit, or as a share of the typical clip's value."""
        return math.expm1(loss) if self.view == "typical" else loss

    @property
    def beyond(self) -> bool:
        """Whether the loss is more than what is tolerated."""
        return self.loss.mean > self.tolerance


@dataclass(frozen=True)
class Tested:
    """A metric's calls, the mean first, and what they come to.

    Attributes:
        basis: what they rest on.
        word: the verdict.
        alarm: whether it would be red, or nearly, if it were judged alone: never green.
        call: the view that speaks for a loss, or against one.
        p, adjusted: of a loss, alone and corrected over the metrics; None without an error.
        high: upper bound of the mean loss at the level of "same"; None without an error.
        level: the chance of a false alarm at which this metric is called while no other one is red.
    """

    basis: Basis
    calls: tuple[Call, ...]
    word: Word
    alarm: bool
    call: Call
    p: float | None
    adjusted: float | None
    high: float | None
    level: float


def alpha(e: Evidence, rules: Rules) -> float:
    """The permitted chance of a false alarm."""
    return 1 - (rules.confidence if e.rule.confidence is None else e.rule.confidence)


def test_all(evidence: Sequence[Evidence], rules: Rules, primary: set[str], spend: float = 1.0) -> Mapping[str, Tested]:
    """Tests of all metrics of `evidence`, all of them measured, corrected together; by metric key.

    `spend` is the share of the permitted errors that this look may use up.
    """
    if not evidence:
        return {}
    calls = [calls_of(e) for e in evidence]
    speaking = [_speaking(found, e.rule.direction == "both") for e, found in zip(evidence, calls, strict=True)]
    allowed = np.array([alpha(e, rules) * spend for e in evidence])
    flags = np.array([e.key in primary for e in evidence])
    # A metric with a confidence of its own counts in units of it.
    p = np.array([min(1.0, _p(e, call)) for e, call in zip(evidence, speaking, strict=True)])
    adjusted = corrected(np.minimum(1.0, p / allowed * (1 - rules.confidence)), flags)
    shown = SHOWN * spend
    highs = [_high(e, found[0], shown) for e, found in zip(evidence, calls, strict=True)]
    named, alarms = words(
        np.array([_beyond(e, call) for e, call in zip(evidence, speaking, strict=True)]),
        p / allowed,
        adjusted / (1 - rules.confidence),
        1.0,
        np.array([_gained(e, found, shown) for e, found in zip(evidence, calls, strict=True)]),
        np.array([np.inf if high is None else high for high in highs]),
        np.array([e.margin for e in evidence]),
    )
    levels = allowed * share(flags)
    found = ["same" if _identical(e) else str(word) for e, word in zip(evidence, named, strict=True)]
    return {
        e.key: Tested(
            basis=_basis(e),
            calls=tuple(calls[i]),
            word=_WORDS[found[i]],
            alarm=bool(alarms[i]) or (highs[i] is None and _beyond(e, speaking[i])),
            call=speaking[i],
            p=None if highs[i] is None else float(p[i]),
            adjusted=None if highs[i] is None else float(adjusted[i]),
            high=highs[i],
            level=float(levels[i]),
        )
        for i, e in enumerate(evidence)
    }


def calls_of(e: Evidence) -> list[Call]:
    """The views of a metric as estimates with p-values; a single one where there are no pairs."""
    if not e.views:
        assert e.estimate is not None
        return [Call("mean", e.estimate, e.tolerance, _or_one(e.estimate.p_above()), _or_one(e.estimate.p_below()))]
    related = correlation(e.views)
    found = []
    for view in e.views:
        loss = view.differences.loss
        p, q = (_or_one(value) for value in (loss.p_above(), loss.p_below()))
        if len(e.views) > 1:
            p, q = (float(of_two(np.array(value), related)) for value in (p, q))
        found.append(Call(view.name, loss, view.tolerance, p, q))
    return found


def _speaking(calls: Sequence[Call], both: bool) -> Call:
    """The view that speaks for the metric; of a change where any change is a loss."""
    loss, tolerance, p, q = np.array([(call.loss.mean, call.tolerance, call.p, call.q) for call in calls]).T
    if both:
        loss, p = np.abs(loss), np.minimum(p, q)
    return calls[int(surest(loss, tolerance, p, q))]


def _p(e: Evidence, call: Call) -> float:
    return 2 * min(call.p, call.q) if e.rule.direction == "both" else call.p


def _beyond(e: Evidence, call: Call) -> bool:
    return call.beyond or (e.rule.direction == "both" and -call.loss.mean > call.tolerance)


def _high(e: Evidence, mean: Call, shown: float) -> float | None:
    """Upper bound of the mean loss; of its size where any change is a loss."""
    high, low = mean.loss.upper(shown), mean.loss.lower(shown)
    if high is None or low is None:
        return None
    return max(high, -low) if e.rule.direction == "both" else high


def _gained(e: Evidence, calls: Sequence[Call], shown: float) -> bool:
    return e.rule.direction != "both" and any(gain(call, shown) for call in calls)


def gain(call: Call, shown: float = SHOWN) -> bool:
    """Whether a view is better by more than the tolerance, and not by chance."""
    return -call.loss.mean > call.tolerance and call.q <= shown


def _identical(e: Evidence) -> bool:
    return bool(e.views) and not e.views[0].differences.values.any()


def _basis(e: Evidence) -> Basis:
    if e.views:
        return "paired"
    if e.estimate is None or e.estimate.error is None:
        return "tolerance only"
    return "people left out" if e.left_out else "unpaired"


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p
