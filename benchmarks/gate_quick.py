"""What does the quick stage of the gate get wrong? Its own rule on simulated comparisons, look by look.

    python -m benchmarks.gate_quick [--draws 1000]

Comparisons are those of `gate_operating.py`. Every look judges the first pairs of the order that the gate would run, by
`evalkit.gating.decision` at this look's share of the permitted errors, and stops as `evalkit.gating.quick` does. "green
early" counts draws that were green before the full protocol.
"""

import argparse
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from scipy.stats import t as student

from benchmarks.gate_designs import AKD, EIGHT, RULES, Design, noise, one_each, scattered
from benchmarks.gate_operating import heading, judged, per_cent, row, views_of
from evalkit.gating import power
from evalkit.gating.decision import SHOWN, corrected, share, words
from evalkit.gating.quick import LOOKS, MISS, SEEN, balanced_order, look_sizes
from evalkit.gating.views import FEWEST
from evalkit.statistics.estimate import Estimate, design

ALPHA = 1 - RULES.confidence


def ordered(plan):
    """The same design with its pairs in the order in which the gate runs them."""
    names = [f"{i:04d}" for i in range(len(plan.sources))]
    pairs = {
        name: SimpleNamespace(source_identity=str(a), driving_identity=str(b))
        for name, a, b in zip(names, plan.sources, plan.drivings, strict=True)
    }
    order = [int(name) for name in balanced_order(SimpleNamespace(scores={"akd": pairs}, data=pairs))]
    return replace(plan, sources=tuple(plan.sources[i] for i in order), drivings=tuple(plan.drivings[i] for i in order))


class Staged:
    """Comparisons of one design that go through the looks; `red`, `green` (draws,) and the share of pairs `seen`."""

    def __init__(self, plan, metrics, draws, losses, margins, generator):
        self.metrics, self.margins, self.plan = metrics, margins, ordered(plan)
        common = noise(self.plan, draws, generator)
        self.views = [views_of(self.plan, metric, common, 0.3, losses, generator) for metric in metrics]
        chosen = RULES.primary_of([metric.key for metric in metrics])
        self.primary = np.array([metric.key in chosen for metric in metrics])
        self.red, self.green, self.early = (np.zeros(draws, bool) for _ in range(3))
        self.seen = np.ones(draws)
        total, before, waiting = len(plan.sources), 0.0, np.arange(draws)
        for pairs in [*look_sizes(total), total]:
            part, last = (pairs / total) ** 2 - before**2, pairs == total
            red, green = self._look(waiting, pairs, part, last)
            self.red[waiting[red]], self.green[waiting[green]] = True, True
            self.early[waiting[green]] = not last
            self.seen[waiting[red | green]] = pairs / total
            waiting, before = waiting[~(red | green)], pairs / total
            if not len(waiting):
                break
        self.full = self._look(np.arange(draws), total, 1.0, True)

    def _look(self, draws, pairs, part, last):
        """Which of `draws` end red and green at a look at the first `pairs`."""
        sources, drivings = ([str(p) for p in side[:pairs]] for side in (self.plan.sources, self.plan.drivings))
        found, people = design(np.full(pairs, 1 / pairs), sources, drivings), len({*sources, *drivings})
        kept = 2 if people >= FEWEST else 1
        views = [[(values[draws][:, :pairs], tolerance) for values, tolerance in of[:kept]] for of in self.views]
        rows = [judged(found, of, SHOWN * part) for of in views]
        beyond, p, high, gained, _ = (np.stack(column, axis=-1) for column in zip(*rows, strict=True))
        margin = np.array([self.margins.get(m.key, m.margin(people)) for m in self.metrics])
        named, _ = words(beyond, p, corrected(p, self.primary), ALPHA * part, gained, high, margin)
        red = (named == "worse").any(axis=-1)
        green = ~red & ((named == "same") | (named == "better")).all(axis=-1)
        if last:
            return red, green
        spreads = [[(values @ found.shares, *found.spread(values), tol) for values, tol in of] for of in views]
        lost = [np.any([_surely_lost(*one) for one in of], axis=0) for of in spreads]
        red &= ((named == "worse") & np.stack(lost, axis=-1)).any(axis=-1)
        done = pairs / len(self.plan.sources)
        miss = MISS * part / max(done, LOOKS[-1]) ** 2
        levels = ALPHA * share(self.primary)
        for i in np.flatnonzero(green):
            green[i] = all(
                _fine(*(column[i] for column in one[:3]), one[3], people, level, done, miss)
                for of, level in zip(spreads, levels, strict=True)
                for one in of
            )
        return red, green


def _surely_lost(mean, variance, df, tolerance):
    return student.sf((mean - tolerance) / np.sqrt(variance), df) <= MISS


def _fine(mean, variance, df, tolerance, people, level, done, miss):
    loss = Estimate(float(mean), float(np.sqrt(variance)), float(df), people)
    return loss.p_below(power.called(loss, float(level), tolerance, SEEN, 1 / done)) <= miss


PLANS = (
    (one_each(48), (1, 8)),
    (Design("self, 16, 3 clips", tuple(range(16)) * 3, tuple(range(16)) * 3), (1,)),
    (scattered(12, 60, person=1.0, shared=True), (1,)),
)
"""Designs, and with how many metrics."""


def caught(plan):
    """The loss of AKD that the full protocol calls with the chance SEEN, at the true spread."""
    pairs = len(plan.sources)
    found = design(np.full(pairs, 1 / pairs), [str(p) for p in plan.sources], [str(p) for p in plan.drivings])
    values = AKD.spread * AKD.value * noise(plan, 400, np.random.default_rng(1))
    error, df = float((values @ found.shares).std()), float(np.median(found.spread(values)[1]))
    planned = Estimate(0.0, error, df, plan.people)
    return power.called(planned, ALPHA * float(share(np.array([True]))[0]), AKD.tolerance(), SEEN), planned


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    begun = time.process_time()
    heading(
        [
            "design",
            "metrics",
            "AKD worse by",
            "margin",
            "red",
            "green",
            "green early",
            "full: red",
            "green",
            "pairs run",
        ],
        4,
    )
    for plan, counts in PLANS:
        seen, planned = caught(plan)
        proven = power.provable_margin(planned)
        cases = (
            ("0", 0.0, {}),
            ("2 %", 0.02 * AKD.value, {}),
            ("what the full protocol calls with 95 %", seen, {}),
            ("its margin", AKD.margin(plan.people), {}),
            ("its margin", proven, {AKD.key: proven}),
        )
        for count in counts:
            for label, lost, margins in cases:
                generator = np.random.default_rng(0)
                staged = Staged(plan, EIGHT[:count], draws, {AKD.key: lost}, margins, generator)
                flags = (staged.red, staged.green, staged.early, *staged.full)
                margin = margins.get(AKD.key, AKD.margin(plan.people)) / AKD.value
                said = f"{label} ({lost / AKD.value:.1%})" if lost and label != "2 %" else label
                row([plan.name, count, said, f"{margin:.1%}", *map(per_cent, flags), f"{np.mean(staged.seen):.0%}"])
    errors = ", ".join(f"{100 * np.sqrt(p * (1 - p) / draws):.2f} at {p:.0%}" for p in (0.02, 0.05, 0.5))
    print(f"\n{draws} draws a cell; standard errors in points: {errors}.")
    print(f"{time.process_time() - begun:.0f} s of one core")


if __name__ == "__main__":
    main()
