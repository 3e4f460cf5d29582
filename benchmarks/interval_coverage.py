"""How often does a 95 % interval hold the truth? The tables of docs/statistics.md.

    python benchmarks/interval_coverage.py [--quick] [--only self cross paired positive few levels skewed]

A cell is a design (who is in which pair), a law of the effects, and how the effects of a person's two roles go
together. Its number is coverage in % ± its standard error, and the median width of the interval divided by
2 x 1.96 x the true standard deviation of the mean. Everything goes through `evalkit.statistics`, as in a run.

Value of a clip = effect of its person (variance 1) + its own (variance 1); of a crossed pair = effect of the source
+ effect of the driver + its own, variance 1 each. Laws of every effect: normal; heavy (t with 3 degrees of freedom);
mild (lognormal, sigma 0.4, skewness 1.3); very (lognormal, sigma 1, skewness 6.2).
"""

import argparse
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats import t as student

from evalkit.statistics.estimate import design
from evalkit.statistics.skewness import very_skewed

LAWS = ("normal", "heavy", "mild", "very")
EFFECTS = {
    "independent": (1.0, 0.0),
    "partly": (1.0, 0.5),
    "shared": (1.0, 1.0),
    "opposite": (1.0, -0.5),
    "strong, shared": (5.0, 1.0),
    "none": (0.0, 0.0),
}
"""Variance of a person's effect in each role, and the correlation of the two."""
SOURCES_ONLY = {"independent": (1.0, 0.0), "shared": (1.0, 1.0), "sources only": (1.0, 0.0, 0.0)}
"""The third number: the variance of a driver's effect as a share of a source's, 1 where it is left out."""
LARGE = {"large effect of people": (5.0, 0.0)}
LEVELS = ("two levels",)
WEAK = {"weak, independent": (0.2, 0.0), "weak, shared": (0.2, 1.0), "none": (0.0, 0.0)}
"""Effects on a paired difference."""


@dataclass(frozen=True)
class Pairs:
    """Who is in each pair: (P,) integers; equal numbers are one person."""

    sources: np.ndarray
    drivings: np.ndarray

    @property
    def people(self):
        return int(max(self.sources.max(), self.drivings.max())) + 1

    @property
    def names(self):
        return [[f"p{i:03d}" for i in side] for side in (self.sources, self.drivings)]

    def repeated(self, times):
        return Pairs(np.repeat(self.sources, times), np.repeat(self.drivings, times))

    def __add__(self, other):
        return Pairs(np.append(self.sources, other.sources), np.append(self.drivings, other.drivings))


def clips(counts):
    """Self-reenactment: so many clips of each person."""
    people = np.repeat(np.arange(len(counts)), counts)
    return Pairs(people, people)


def grid(people):
    source, driver = np.divmod(np.arange(people**2), people)
    return Pairs(source[source != driver], driver[source != driver])


def ring(people, rounds=1):
    """Everybody is source and driver `rounds` times: the next ones drive."""
    steps = np.repeat(np.arange(1, rounds + 1), people)
    source = np.tile(np.arange(people), rounds)
    return Pairs(source, (source + steps) % people)


def rings(people, size):
    source = np.arange(people)
    return Pairs(source, source // size * size + (source + 1) % size)


def random(people, pairs, seed):
    every = grid(people)
    chosen = np.random.default_rng(seed).permutation(len(every.sources))[:pairs]
    return Pairs(every.sources[chosen], every.drivings[chosen])


def others_drive(sources, drivers):
    source, driver = np.divmod(np.arange(sources * drivers), drivers)
    return Pairs(source, driver + sources)


def half_of_one(people, seed):
    """One person is the source of half of the pairs."""
    every, generator = grid(people), np.random.default_rng(seed)
    of_one, rest = np.flatnonzero(every.sources == 0), np.flatnonzero(every.sources != 0)
    chosen = np.append(of_one, generator.permutation(rest)[: len(of_one)])
    return Pairs(every.sources[chosen], every.drivings[chosen])


def self_designs():
    found = {}
    for people in (3, 4, 6, 8, 12, 20, 50):
        found[f"{people} people, 2 clips each"] = clips([2] * people)
        found[f"{people} people, 1 to 12 clips"] = clips(np.linspace(1, 12, people).round().astype(int))
        found[f"{people} people, one has half"] = clips([2 * (people - 1)] + [2] * (people - 1))
    return found


def cross_designs():
    return {
        **{f"full grid {k} x {k}": grid(k) for k in (3, 4, 6, 8, 12)},
        **{f"one-to-one, {k}": ring(k) for k in (4, 5, 6, 8, 12, 30)},
        **{f"one-to-one in rings of 3, {k}": rings(k, 3) for k in (6, 12)},
        **{f"twice each, {k}": ring(k, 2) for k in (6, 12)},
        "random, 6 people, 10 pairs": random(6, 10, 1),
        "random, 8 people, 16 pairs": random(8, 16, 1),
        "random, 12 people, 50 pairs": random(12, 50, 1),
        "random, 50 people, 100 pairs": random(50, 100, 1),
        "others drive, 3 x 8": others_drive(3, 8),
        "others drive, 8 x 8": others_drive(8, 8),
        "one source has half, 6": half_of_one(6, 1),
        "one source has half, 20": half_of_one(20, 1),
        "one-to-one, 6, 1 to 6 clips": ring(6).repeated([1, 2, 3, 4, 5, 6]),
        "full grid 4 x 4, 1 to 10 clips": grid(4).repeated(np.arange(12) % 4 * 3 + 1),
        "full grid 6 x 6 and self pairs": grid(6) + clips([1] * 6),
        "3 self pairs each, one-to-one, 6": ring(6) + clips([3] * 6),
    }


def few_designs():
    """A few people have most of the pairs, or one of the roles."""
    return {
        "self, 3 people, 1, 1 and 30 clips": clips([1, 1, 30]),
        "self, 60 people, two have half": clips([29, 29] + [1] * 58),
        "others drive, 2 x 6": others_drive(2, 6),
        "others drive, 2 x 12": others_drive(2, 12),
        "others drive, 2 x 20": others_drive(2, 20),
        "others drive, 4 x 20": others_drive(4, 20),
        "one-to-one, 8, 1 to 30 clips": ring(8).repeated(np.linspace(1, 30, 8).round().astype(int)),
    }


def law(name, generator, shape):
    """Values with mean 0 and variance 1."""
    if name == "normal":
        return generator.standard_normal(shape)
    if name == "heavy":
        return generator.standard_t(3, shape) / np.sqrt(3)
    if name == "two levels":
        return generator.choice([-1.0, 1.0], shape)
    sigma = {"mild": 0.4, "very": 1.0}[name]
    mean, variance = np.exp(sigma**2 / 2), np.exp(sigma**2) * (np.exp(sigma**2) - 1)
    return (np.exp(sigma * generator.standard_normal(shape)) - mean) / np.sqrt(variance)


def roles(pairs, effect, name, generator, draws):
    """(draws, P) what the people of each pair add."""
    size, together, drivers = (*effect, 1.0)[:3]
    shape = (draws, pairs.people)
    if size == 0:
        return 0.0
    if (pairs.sources == pairs.drivings).all():
        return np.sqrt(size) * law(name, generator, shape)[:, pairs.sources]
    common = law(name, generator, shape)
    source = driver = common
    if abs(together) < 1:
        share, rest = np.sqrt(abs(together)), np.sqrt(1 - abs(together))
        source = share * common + rest * law(name, generator, shape)
        driver = np.sign(together) * share * common + rest * law(name, generator, shape)
    return np.sqrt(size) * (source[:, pairs.sources] + np.sqrt(drivers) * driver[:, pairs.drivings])


def deviation(pairs, effect, shares):
    """The true standard deviation of the mean."""
    size, together, drivers = (*effect, 1.0)[:3]
    source, driver = (np.bincount(side, shares, pairs.people) for side in (pairs.sources, pairs.drivings))
    if (pairs.sources == pairs.drivings).all():
        return np.sqrt(size * source @ source + shares @ shares)
    of_both = drivers * driver @ driver + 2 * together * np.sqrt(drivers) * source @ driver
    return np.sqrt(size * (source @ source + of_both) + shares @ shares)


def cell(pairs, effect, name, draws, seed):
    """(coverage, its standard error, relative width) of one cell; the truth is 0."""
    generator = np.random.default_rng(seed)
    shares = np.full(len(pairs.sources), 1 / len(pairs.sources))
    values = law(name, generator, (draws, len(shares))) + roles(pairs, effect, name, generator, draws)
    variances, df = design(shares, *pairs.names).spread(values)
    half = student.isf(0.025, df) * np.sqrt(variances)
    holds = float((np.abs(values @ shares) <= half).mean())
    return holds, np.sqrt(holds * (1 - holds) / draws), np.median(half) / 1.96 / deviation(pairs, effect, shares)


def told(found):
    holds, error, width = found
    return f"{100 * holds:.1f} ± {100 * error:.1f} / {width:.2f}"


def table(title, designs, effects, laws, draws):
    print(f"\n### {title}\n\n| design: effects | {' | '.join(laws)} |\n|---|{'---:|' * len(laws)}")
    for seed, (label, pairs) in enumerate(designs.items()):
        for name, effect in effects.items():
            row = f"{label}: {name}" if len(effects) > 1 else label
            print(
                f"| {row} | {' | '.join(told(cell(pairs, effect, law_, draws, seed)) for law_ in laws)} |", flush=True
            )


def positive_values(pairs, spreads, generator, draws):
    """(draws, P) lognormal values with mean 1, log spreads of people and of clips."""
    people, own = spreads
    log = own * generator.standard_normal((draws, len(pairs.sources)))
    total = own**2
    for side in {tuple(pairs.sources): pairs.sources, tuple(pairs.drivings): pairs.drivings}.values():
        log = log + people * generator.standard_normal((draws, pairs.people))[:, side]
        total += people**2
    return np.exp(log - total / 2)


def positive(draws):
    """Distances: the interval of the mean, and on the log of the mean."""
    designs = {f"self, {k} people, 2 clips each": clips([2] * k) for k in (3, 6, 12, 50)}
    designs |= {"full grid 6 x 6": grid(6), "one-to-one, 6": ring(6), "one-to-one, 12": ring(12)}
    laws = {"as AKD": (0.22, 0.30), "very skewed": (0.7, 0.7)}
    print("\n### Positive values\n\n| design | " + " | ".join(f"{name}: t | on the log" for name in laws) + " |")
    print("|---|" + "---:|" * 2 * len(laws))
    for seed, (label, pairs) in enumerate(designs.items()):
        cells = []
        for spreads in laws.values():
            values = positive_values(pairs, spreads, np.random.default_rng(seed), draws)
            shares = np.full(len(pairs.sources), 1 / len(pairs.sources))
            variances, df = design(shares, *pairs.names).spread(values)
            mean, half = values @ shares, student.isf(0.025, df) * np.sqrt(variances)
            for inside in (np.abs(mean - 1) <= half, np.abs(np.log(mean)) <= half / mean):
                holds = inside.mean()
                cells.append(f"{100 * holds:.1f} ± {100 * np.sqrt(holds * (1 - holds) / draws):.1f}")
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def skewed(draws):
    """How often the check of the values says "very skewed", for values of any sign and for positive ones."""
    laws = {name: partial(law, name) for name in LAWS}
    laws |= {f"above 0, log spread {s}": partial(lognormal, s) for s in (0.22, 0.4, 0.7, 1.0)}
    print("\n### Marked as very skewed, %\n\n| clips | " + " | ".join(laws) + " |\n|---:|" + "---:|" * len(laws))
    for count in (4, 6, 12, 24, 50, 100, 400):
        generator = np.random.default_rng(count)
        marked = [np.mean([very_skewed(row) for row in draw(generator, (draws, count))]) for draw in laws.values()]
        print(f"| {count} | {' | '.join(f'{100 * share:.1f}' for share in marked)} |", flush=True)


def lognormal(spread, generator, shape):
    return np.exp(spread * generator.standard_normal(shape))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="400 draws a cell instead of 2,000 (self: 4,000)")
    parser.add_argument("--only", nargs="+", default=["self", "cross", "paired", "positive", "few", "levels", "skewed"])
    arguments = parser.parse_args()
    draws, many = (400, 400) if arguments.quick else (2000, 4000)
    began = time.process_time()
    if "self" in arguments.only:
        table("Self-reenactment", self_designs(), {"independent": EFFECTS["independent"]}, LAWS, many)
    if "cross" in arguments.only:
        table("Cross-reenactment", cross_designs(), EFFECTS, LAWS, draws)
    if "paired" in arguments.only:
        table("Paired differences", {**self_designs(), **cross_designs()}, WEAK, LAWS[:2], draws)
    if "positive" in arguments.only:
        positive(many)
    if "few" in arguments.only:
        table("Few people in one role, or with most pairs", few_designs(), SOURCES_ONLY, LAWS, draws)
    if "levels" in arguments.only:
        even = {f"{people} people, 2 clips each": clips([2] * people) for people in (3, 4, 6, 12, 50)}
        table("Values of two levels, self-reenactment", even, {"people alike": EFFECTS["none"]} | LARGE, LEVELS, many)
    if "skewed" in arguments.only:
        skewed(draws)
    print(f"\n{time.process_time() - began:.0f} s of one core.")


if __name__ == "__main__":
    main()
