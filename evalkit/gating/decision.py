"""The rule of the gate as functions of numbers: corrected p-values, and a word per metric.

Arrays may have leading dimensions, so that the simulation in `benchmarks/gate_operating.py` runs this very code.

*Worse* asks for evidence of a loss: beyond the tolerance, and with a p-value that was corrected over the metrics.
*Same* asks for evidence that there is none: an upper bound of the loss below the margin, at `SHOWN` for each metric and
without any correction, and no loss that would be an alarm if the metric were judged alone. Anything between is *not
proven*. A gate is green when every required metric is shown; the chance that this is wrong is at most `SHOWN` whatever
their number (intersection-union test: Berger, Technometrics 1982; non-inferiority and equivalence: Schuirmann, Journal
of Pharmacokinetics and Biopharmaceutics 1987). As no correction enters green, no metric that is red when judged alone
can be green beside others: a loss that loses its significance to the correction ends as not proven.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, owens_t

from evalkit.statistics.holm import holm
from evalkit.types import Values

SHOWN = 0.05
"""The chance that "same" is said of a metric whose loss equals its margin."""
PRIMARY = 0.8
"""The share of the permitted false alarms that belongs to the primary metrics."""

Flags = NDArray[np.bool_]


def corrected(p: Values, primary: Flags) -> Values:
    """p-values (..., M) of M metrics after correction: a metric is red where that is at most the permitted alpha.

    The primary metrics (M,) share `PRIMARY` of alpha by Holm's steps, also when there are no others, so that other
    metrics never take from them. All others share the rest by Holm's steps, and all of alpha once every primary one is
    red (Bretz, Maurer, Brannath and Posch, Statistics in Medicine 2009). The chance of any false alarm is at most
    alpha.
    """
    found = np.empty_like(p)
    first, rest = holm(p[..., primary]), holm(p[..., ~primary])
    first = np.minimum(1.0, first / PRIMARY)
    # Once all primary metrics are red; where there are none, that is at once.
    passed_on = np.maximum(rest, first.max(axis=-1, initial=0.0)[..., None])
    found[..., primary] = first
    found[..., ~primary] = np.minimum(passed_on, rest / (1 - PRIMARY))
    return found


def share(primary: Flags) -> Values:
    """(M,) the share of alpha at which each metric is called while no other one is red: the first of Holm's steps."""
    others = int((~primary).sum())
    if not primary.any():
        return np.full(len(primary), 1 / others)
    return np.where(primary, PRIMARY / primary.sum(), (1 - PRIMARY) / max(others, 1))


def of_two(p: Values, correlation: Values | float) -> Values:
    """The chance that the smaller p-value of two views of one metric is at most `p`, under no loss.

    The views' test statistics are taken as normal with this correlation: p between itself (the same view twice) and
    `1 - (1 - p)^2`. Owen's T function (Annals of Mathematical Statistics 1956) has it in closed form.
    """
    slope = np.sqrt(np.clip(1 - correlation, 0, None) / np.clip(1 + correlation, 1e-12, None))
    inner = np.clip(p, 1e-300, 1 - 1e-16)
    return np.asarray(np.minimum(1.0, p + 2 * owens_t(ndtri(inner), slope)))


def surest(loss: Values, tolerance: Values, p: Values, q: Values) -> NDArray[np.intp]:
    """Which of V views (V, ...) speaks for its metric: the surest of a loss beyond the tolerance, else of any loss.

    View 0 is the mean. Another one is not heard when the mean has moved the other way, at `SHOWN`. `p` and `q` are
    p-values of a loss and of a gain.
    """
    moved = np.where((p[0] <= SHOWN) & (loss[0] > 0), 1, np.where((q[0] <= SHOWN) & (loss[0] < 0), -1, 0))
    unheard = moved * loss < 0
    return np.asarray(np.argmin(p + 2.0 * (loss <= tolerance) + 4.0 * unheard, axis=0))


def words(
    beyond: Flags, p: Values, adjusted: Values, alpha: Values | float, gained: Flags, high: Values, margin: Values
) -> tuple[NDArray[np.str_], Flags]:
    """A word per metric, and whether it would be red if it were judged alone: it would be primary then.

    Args:
        beyond: the loss is above the tolerance.
        p, adjusted: p-values of a loss, alone and corrected.
        alpha: the permitted chance of a false alarm.
        gained: better at `SHOWN`, by more than the tolerance.
        high: upper bound of the loss at `SHOWN`; infinite where nothing can be said.
        margin: what the loss has to be shown to lie below.
    """
    alarm = beyond & (p <= PRIMARY * alpha)
    found = np.select(
        [beyond & (adjusted <= alpha), gained & (high < margin) & ~alarm, (high < margin) & ~alarm],
        ["worse", "better", "same"],
        "not_proven",
    )
    return found, alarm
