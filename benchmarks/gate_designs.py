"""Metrics, designs and noise of the simulated comparisons of `gate_operating.py`."""

from dataclasses import dataclass, replace

import numpy as np

from evalkit.gating.rules import Rules, margin

CLIPS_SPREAD = 0.38
RULES = Rules()


@dataclass(frozen=True)
class Metric:
    """A key, a plausible value, and the spread of the paired differences of two seeds as a share of it."""

    key: str
    value: float
    spread: float

    @property
    def distance(self):
        return self.key.partition("[")[0] not in ("csim", "psnr", "ssim")

    @property
    def sign(self):
        return 1.0 if self.distance else -1.0

    def tolerance(self):
        rule = RULES.of(self.key)
        return max(rule.absolute or 0.0, (rule.relative or 0.0) * self.value)

    def margin(self, people):
        return margin(RULES.of(self.key), self.key, self.value, self.tolerance(), people)


AKD, CSIM = Metric("akd[dlib68]", 2.7, 0.056), Metric("csim[dlib]", 0.99, 0.001)
APD, AED = Metric("apd[landmark]", 0.016, 0.16), Metric("aed[landmark]", 0.026, 0.055)
L1, PSNR, SSIM = Metric("l1", 0.035, 0.0096), Metric("psnr", 24.9, 0.0033), Metric("ssim", 0.8, 0.0031)
LPIPS = Metric("lpips[vgg]", 0.2, 0.03)
EIGHT = (AKD, CSIM, APD, AED, L1, PSNR, SSIM, LPIPS)


@dataclass(frozen=True)
class Design:
    """Who is in each pair; `person` and `shared` say how large a person's effect on a difference is."""

    name: str
    sources: tuple[int, ...]
    drivings: tuple[int, ...]
    person: float = 0.2
    shared: bool = False
    law: str = "normal"

    @property
    def people(self):
        return len({*self.sources, *self.drivings})


def one_each(people):
    return Design(f"self, {people}", tuple(range(people)), tuple(range(people)))


def unequal(people):
    """One to twelve clips each."""
    owners = tuple(k for k in range(people) for _ in range(1 + (11 * k) // (people - 1)))
    return Design(f"self, {people}, 1 to 12 clips", owners, owners)


def ring(people, **changes):
    return Design(f"one-to-one, {people}", tuple(range(people)), (*range(1, people), 0), **changes)


def twice(people, **changes):
    """Everybody twice in either role, in two rings."""
    steps = [(k, (k + step) % people) for step in (1, 2) for k in range(people)]
    return Design(f"twice each, {people}", *map(tuple, zip(*steps, strict=True)), **changes)


def grid(people, **changes):
    pairs = [(a, b) for a in range(people) for b in range(people) if a != b]
    return Design(f"full grid, {people}", *map(tuple, zip(*pairs, strict=True)), **changes)


def scattered(people, count, **changes):
    pairs = [(a, b) for a in range(people) for b in range(people) if a != b]
    chosen = np.random.default_rng(people).permutation(len(pairs))[:count]
    picked = [pairs[i] for i in chosen]
    return Design(f"random, {people} people, {count} pairs", *map(tuple, zip(*picked, strict=True)), **changes)


# A protocol of 12 pairs drawn among 6 people, as demo_gate is.
def demo(**changes):
    return replace(scattered(6, 12, **changes), name="demo_gate: 6 people, 12 pairs")


def noise(plan, draws, generator):
    """(draws, pairs) of variance 1: a person's effect in each role, and the pair's own."""

    def law(*shape):
        if plan.law == "heavy":
            return generator.standard_t(3, shape) / np.sqrt(3)
        return generator.normal(size=shape)

    sources, drivings = np.array(plan.sources), np.array(plan.drivings)
    people = max(*plan.sources, *plan.drivings) + 1
    first = law(draws, people)[:, sources]
    if plan.sources == plan.drivings:
        effects, size = first, plan.person
    else:
        second = first_of_drivers(first, law, draws, people, sources, drivings, plan.shared)
        effects, size = second, 2 * plan.person
    return (np.sqrt(plan.person) * effects + law(draws, len(sources))) / np.sqrt(1 + size)


def first_of_drivers(first, law, draws, people, sources, drivings, shared):
    """Sum of the effects of both roles."""
    if not shared:
        return first + law(draws, people)[:, drivings]
    table = np.zeros((draws, people))
    table[:, sources] = first
    missing = np.setdiff1d(np.arange(people), sources)
    table[:, missing] = law(draws, len(missing))
    return first + table[:, drivings]
