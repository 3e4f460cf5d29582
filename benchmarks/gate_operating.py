"""How often is the gate red, green or not proven? Its own rule on simulated comparisons.

    python -m benchmarks.gate_operating [--draws 4000] [--tables false operating seen demo]

A comparison is drawn as paired differences of several metrics whose noise has a common part (`rho`), over the pairs of
a design. What is judged is what `evalkit gate` judges: estimates of `evalkit.statistics.estimate`, both views where the
gate has both, corrected p-values and words of `evalkit.gating.decision`, default rules. Standard errors stand below.

Values: a distance of a pair is log-normal with the spread of AKD over clips (38 %), and the candidate's is that times a
log-normal ratio; other metrics get normal differences. Spreads of the ratios are those of two trained seeds
(docs/gate.md). A person's effect on a difference has a share of the pair's own variance: 0.2 in self-reenactment, 0.2
or 1 in each role in cross-reenactment, where it may be one effect in both roles ("shared").
"""

import argparse
import copy
import time
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from benchmarks.gate_designs import (
    AKD,
    CLIPS_SPREAD,
    CSIM,
    EIGHT,
    RULES,
    Design,
    Metric,
    demo,
    grid,
    noise,
    one_each,
    ring,
    scattered,
    twice,
    unequal,
)
from evalkit.gating import power
from evalkit.gating.decision import SHOWN, corrected, of_two, share, surest, words
from evalkit.gating.views import FEWEST
from evalkit.statistics.estimate import Estimate, design


class Drawn:
    """Comparisons of one design: per metric its loss, p-values, bounds, as arrays over draws."""

    def __init__(self, plan, metrics, draws, rho, losses, generator):
        pairs = len(plan.sources)
        found = design(np.full(pairs, 1 / pairs), [str(p) for p in plan.sources], [str(p) for p in plan.drivings])
        common = noise(plan, draws, generator)
        rows = [judged(found, views_of(plan, metric, common, rho, losses, generator)) for metric in metrics]
        self.beyond, self.p, self.high, self.gained, self.error = (
            np.stack(part, axis=-1) for part in zip(*rows, strict=True)
        )
        self.margin = np.array([metric.margin(plan.people) for metric in metrics])
        keys = [metric.key for metric in metrics]
        chosen = RULES.primary_of(keys)
        self.primary = np.array([key in chosen for key in keys])

    def first(self, count):
        """The same comparisons judged by the first metrics alone."""
        part = copy.copy(self)
        for name in ("beyond", "p", "high", "gained", "error", "margin", "primary"):
            setattr(part, name, getattr(self, name)[..., :count])
        return part

    def outcome(self):
        """Per draw: words (draws, metrics), alarms, red, green."""
        alpha = 1 - RULES.confidence
        named, alarm = words(
            self.beyond, self.p, corrected(self.p, self.primary), alpha, self.gained, self.high, self.margin
        )
        red = (named == "worse").any(axis=-1)
        green = ~red & ((named == "same") | (named == "better")).all(axis=-1)
        return named, alarm, red, green


def views_of(plan, metric, common, rho, losses, generator):
    """The losses of all pairs, (draws, pairs), and the tolerance, in each view of a metric."""
    apart = np.sqrt(rho) * common + np.sqrt(1 - rho) * noise(plan, len(common), generator)
    planted, size = losses.get(metric.key, 0.0), metric.value
    if not metric.distance:
        return [(metric.spread * size * apart + planted, metric.tolerance())]
    before = size * np.exp(CLIPS_SPREAD * generator.normal(size=common.shape) - CLIPS_SPREAD**2 / 2)
    spread = metric.spread * np.exp(-(CLIPS_SPREAD**2) / 2)
    ratio = np.exp(spread * apart - spread**2 / 2) + planted / size
    views = [(before * (ratio - 1), metric.tolerance())]
    if plan.people >= FEWEST:
        views.append((np.log(np.maximum(ratio, 1e-9)), np.log1p(metric.tolerance() / size)))
    return views


def judged(found, views, shown=SHOWN):
    """beyond, p, upper bound, gained, standard error of one metric, each (draws,)."""
    means, tails, gains, tolerances = [], [], [], []
    for values, tolerance in views:
        variance, df = found.spread(values)
        error, mean = np.sqrt(variance), values @ found.shares
        if not means:
            high, first = mean + student.isf(shown, df) * error, error
        means.append(mean)
        tails.append(student.sf(mean / error, df))
        gains.append(student.cdf(mean / error, df))
        tolerances.append(np.full(len(mean), tolerance))
    loss, p, q, tolerance = (np.stack(part) for part in (means, tails, gains, tolerances))
    if len(views) > 1:
        related = correlations(views[0][0], views[1][0])
        p, q = of_two(p, related), of_two(q, related)
    speaks = surest(loss, tolerance, p, q)[None]
    spoken, tolerated, tail = (np.take_along_axis(part, speaks, axis=0)[0] for part in (loss, tolerance, p))
    gained = ((-loss > tolerance) & (q <= shown)).any(axis=0)
    return spoken > tolerated, tail, high, gained, first


def correlations(one, other):
    a, b = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


def alone(drawn):
    """(draws, metrics) whether each metric would be red if it were the only one."""
    one = np.array([True])
    found = [corrected(drawn.p[:, i : i + 1], one) <= 1 - RULES.confidence for i in range(drawn.p.shape[1])]
    return drawn.beyond & np.concatenate(found, axis=1)


def per_cent(flags):
    return f"{100 * np.mean(flags):.1f}"


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def heading(cells, left=1):
    row(cells)
    row(["---"] * left + ["---:"] * (len(cells) - left))


DESIGNS = (
    one_each(3),
    one_each(6),
    one_each(12),
    one_each(50),
    one_each(100),
    unequal(6),
    unequal(12),
    replace(one_each(12), name="self, 12, heavy tails", law="heavy"),
    ring(6),
    ring(6, person=1.0, shared=True),
    ring(12, person=1.0, shared=True),
    ring(30, person=1.0, shared=True),
    twice(6, person=1.0, shared=True),
    grid(4, person=1.0, shared=True),
    grid(6),
    grid(6, person=1.0, shared=True),
    replace(grid(6, person=1.0, shared=True), law="heavy"),
    scattered(12, 50, person=1.0, shared=True),
    scattered(50, 100, person=1.0, shared=True),
    demo(),
)


def fewer(plan, draws):
    """Crossed designs of many people take 10 to 20 ms an estimate: an eighth of the draws."""
    return draws // 8 if plan.sources != plan.drivings and plan.people >= 30 else draws


def called(plan):
    """A name that says what is shared."""
    effects = f", one effect in both roles ({plan.person:g})" if plan.shared else ""
    return f"{plan.name}{effects}{', heavy tails' if plan.law == 'heavy' and 'heavy' not in plan.name else ''}"


def false_alarms(draws, generator):
    """Equal checkpoints, tolerance 0 so that nothing but the statistics decides."""
    print("\n### Equal checkpoints, tolerance 0: red in %; red alone and green beside others\n")
    heading(["design", "draws", "1 metric", "2", "4", "8", "8, rho 0.7", "red alone, green of 8"])
    metrics = tuple(NoTolerance(m.key, m.value, m.spread) for m in EIGHT)
    for plan in DESIGNS:
        some = fewer(plan, draws)
        near, close = (Drawn(plan, metrics, some, rho, {}, generator) for rho in (0.3, 0.7))
        cells = [per_cent(near.first(count).outcome()[2]) for count in (1, 2, 4, 8)]
        worst = sum(int((alone(drawn).any(axis=1) & drawn.outcome()[3]).sum()) for drawn in (near, close))
        row([called(plan), some, *cells, per_cent(close.outcome()[2]), worst])


class NoTolerance(Metric):
    def tolerance(self):
        return 0.0


def operating(draws, generator):
    """The default rules on the spreads of two seeds, one clip a person."""
    losses = {
        "equal": {},
        "AKD 2 % worse": {AKD.key: 0.02 * AKD.value},
        "CSIM 0.01 worse": {CSIM.key: 0.01},
        "AKD worse by its margin": None,
        "AKD doubled": {AKD.key: AKD.value},
    }
    print("\n### Default rules, spreads of two seeds, in %\n")
    heading(
        [
            "people",
            "metrics",
            "AKD margin",
            *(f"{name}: {word}" for name in losses for word in ("red", "green")),
            "red alone, green",
        ],
        2,
    )
    for people in (6, 12, 50, 100):
        plan = one_each(people)
        given = [{AKD.key: AKD.margin(people)} if planted is None else planted for planted in losses.values()]
        drawn = [Drawn(plan, EIGHT, draws, 0.3, lost, generator) for lost in given]
        for count in (1, 4, 8):
            cells, missed = [], 0
            for part in (one.first(count) for one in drawn):
                _, _, red, green = part.outcome()
                missed += int((alone(part).any(axis=1) & green).sum())
                cells += [per_cent(red), per_cent(green)]
            row([people, count, f"{AKD.margin(people) / AKD.value:.1%}", *cells, missed])
    print("\n### The same with margins that the people can prove (`evalkit gate power`: 90 % for AKD alone)\n")
    heading(
        ["people", "margin of AKD", "equal: green", "AKD worse by the margin: green", "AKD 2 % worse: red", "green"]
    )
    for people in (6, 12, 50, 100):
        planned = Estimate(0.0, AKD.spread * AKD.value / np.sqrt(people), people - 1.0, people)
        proven = power.provable_margin(planned)
        cells = []
        for lost in (0.0, proven, 0.02 * AKD.value):
            drawn = Drawn(one_each(people), (AKD,), draws, 0.3, {AKD.key: lost}, generator)
            drawn.margin = np.array([proven])
            _, _, red, green = drawn.outcome()
            cells.append((per_cent(red), per_cent(green)))
        row([people, f"{proven / AKD.value:.1%}", cells[0][1], cells[1][1], *cells[2]])


def seen(draws, generator):
    """Is the loss that "could be seen with 80 %" seen in 80 % of other comparisons?"""
    print("\n### A loss of the size that was stated, in another comparison: called in %\n")
    heading(["design", "draws", "alone, no tolerance", "second of 8, no tolerance", "alone, default tolerance"])
    for plan in DESIGNS:
        some, pairs = fewer(plan, draws), len(plan.sources)
        found = design(np.full(pairs, 1 / pairs), [str(p) for p in plan.sources], [str(p) for p in plan.drivings])
        values = noise(plan, some, generator)
        variance, df = found.spread(values)
        estimates = np.sqrt(variance), df, values @ found.shares
        kinds = ((1, 0, NoTolerance), (8, 1, NoTolerance), (1, 0, Metric))
        row([called(plan), some, *(f"{100 * kept(plan, *kind, estimates):.1f}" for kind in kinds)])


def kept(plan, count, place, kind, estimates):
    """The share of comparisons that call the loss another one stated. Single-view metrics, so that a loss shifts."""
    metric = kind("csim", 1.0, 0.05) if kind is NoTolerance else kind("psnr", 24.9, 0.0033)
    primary = np.arange(count) == 0
    level, tolerance = (1 - RULES.confidence) * float(share(primary)[place]), metric.tolerance()
    error, df, mean = (
        part * scale
        for part, scale in zip(estimates, (metric.spread * metric.value, 1, metric.spread * metric.value), strict=True)
    )
    some = min(300, len(error) // 2)
    stated = np.array(
        [
            power.called(
                Estimate(0.0, float(error[i]), float(df[i]), plan.people), level, tolerance, power.aimed(power.POWER)
            )
            for i in range(some)
        ]
    )
    others = slice(some, None)
    moved = mean[others] + stated[:, None]
    return ((moved > tolerance) & (student.sf(moved / error[others], df[others]) <= level)).mean()


def demo_gate(draws, generator):
    """The defaults on the protocols of the demo corpus, with the spreads of two seeds measured there."""
    print("\n### The demo corpus (6 people, 12 pairs), default rules, in %\n")
    heading(["protocol", "metrics", "equal: red", "equal: green", "AKD (or AED) doubled: red", "green"], 2)
    cross = (
        Metric("csim[dlib]", 0.989, 0.003),
        Metric("apd[landmark]", 0.042, 0.40),
        Metric("aed[landmark]", 0.054, 0.146),
    )
    own = (
        Metric("csim[dlib]", 0.989, 0.0015),
        Metric("akd[dlib68]", 3.15, 0.08),
        Metric("apd[landmark]", 0.035, 0.10),
        Metric("aed[landmark]", 0.030, 0.08),
        Metric("l1", 0.024, 0.0094),
        Metric("psnr", 24.0, 0.0032),
        Metric("ssim", 0.84, 0.0018),
    )
    two_each = tuple(k for k in range(6) for _ in range(2))
    plans = (("demo_gate", demo(), cross), ("demo_self", Design("self, 6, 2 clips", two_each, two_each), own))
    for name, plan, metrics in plans:
        cells = []
        for doubled in (False, True):
            main = next(m for m in reversed(metrics) if m.key[:3] in ("aed", "akd"))
            main = next((m for m in metrics if m.key.startswith("akd")), main)
            drawn = Drawn(plan, metrics, draws, 0.3, {main.key: main.value} if doubled else {}, generator)
            _, _, red, green = drawn.outcome()
            cells += [per_cent(red), per_cent(green) if not doubled else f"{int(green.sum())} of {draws}"]
        row([name, len(metrics), *cells])


TABLES = {"false": false_alarms, "operating": operating, "seen": seen, "demo": demo_gate}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    arguments = parser.parse_args()
    begun = time.process_time()
    for name in arguments.tables:
        TABLES[name](arguments.draws, np.random.default_rng(arguments.seed))
    errors = ", ".join(f"{100 * np.sqrt(p * (1 - p) / arguments.draws):.2f} at {p:.0%}" for p in (0.05, 0.2, 0.8, 0.95))
    print(f"\n{arguments.draws} draws a cell; standard errors in points: {errors}.")
    print(f"{time.process_time() - begun:.0f} s of one core")


if __name__ == "__main__":
    main()
