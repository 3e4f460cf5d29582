"""How often does the interval of a set metric hold what it is an interval for, and how far is the number off?

    python benchmarks/set_coverage.py [--quick]

Features are normal: a row is the effect of its person (variance 1), of its clip (0.5) and its own (0.5). Generated rows
share the person's and the clip's effect with the real ones, are shifted by 0.3 in every dimension and shrunk to 0.9;
crossed rows take half of the effect of either person. Four frames a clip, two clips a person (self) or one pair each.
"held" is coverage of the mean of the number over all draws: what other people would give with as many people. "true" is
the distance of infinite sets, "bias found" the median over draws of what leaving people out says of it.
"""

import argparse
import time

import numpy as np
from interval_coverage import clips, grid, ring

from evalkit.metrics.frechet import frechet_distance
from evalkit.metrics.kid import kid
from evalkit.statistics.leave_out import leave_out

FRAMES = 4
PERSON, CLIP, OWN = 1.0, 0.5, 0.5
SHIFT, SHRINK = 0.3, 0.9


def rows(pairs, dimensions, generator):
    """Generated rows, real rows, the pair of each generated row, and the person of each real row."""
    people = generator.standard_normal((pairs.people, dimensions)) * np.sqrt(PERSON)
    if (pairs.sources == pairs.drivings).all():
        of_pair = people[pairs.sources]
        real_of = pairs.sources
        clip = generator.standard_normal((len(real_of), dimensions)) * np.sqrt(CLIP)
        of_pair = of_pair + clip
    else:
        real_of = np.arange(pairs.people)
        clip = generator.standard_normal((pairs.people, dimensions)) * np.sqrt(CLIP)
        whole = people + clip
        of_pair = (whole[pairs.sources] + whole[pairs.drivings]) / np.sqrt(2)
    own = np.sqrt(OWN)
    generated = np.repeat(of_pair, FRAMES, axis=0)
    generated = SHRINK * (generated + own * generator.standard_normal(generated.shape)) + SHIFT
    real = np.repeat(people[real_of] + clip, FRAMES, axis=0)
    real = real + own * generator.standard_normal(real.shape)
    return generated, real, np.repeat(np.arange(len(pairs.sources)), FRAMES), np.repeat(real_of, FRAMES)


def true_frechet(dimensions):
    spread = np.sqrt(PERSON + CLIP + OWN)
    return dimensions * (SHIFT**2 + (spread * (1 - SHRINK)) ** 2)


def cell(function, pairs, dimensions, draws, seed, logs):
    generator = np.random.default_rng(seed)
    found, sources, drivings = [], *pairs.names
    for _ in range(draws):
        made, real, of_pair, of_real = rows(pairs, dimensions, generator)
        found.append(
            leave_out(
                lambda one, other, made=made, real=real: float(function(made[one], real[other])),
                [sources[i] for i in of_pair],
                [drivings[i] for i in of_pair],
                [f"p{i:03d}" for i in of_real],
            )
        )
    values = np.array([one.estimate.mean for one in found])
    bounds = np.array([one.estimate.log_interval() if logs else one.estimate.interval() for one in found])
    holds = float(((bounds[:, 0] <= values.mean()) & (values.mean() <= bounds[:, 1])).mean())
    width = np.median(bounds[:, 1] - bounds[:, 0]) / (2 * 1.96 * values.std())
    bias = np.median([one.bias for one in found])
    return holds, np.sqrt(holds * (1 - holds) / draws), width, values.mean(), bias


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="40 draws a cell instead of 400")
    draws = 40 if parser.parse_args().quick else 400
    began = time.process_time()
    designs = {f"self, {k} people": clips([2] * k) for k in (3, 6, 12, 30)}
    designs |= {"full grid 6 x 6": grid(6), "one-to-one, 6": ring(6), "one-to-one, 12": ring(12)}
    print("| metric, dimensions | design | held, % / width | mean | true | bias found |\n|---|---|---:|---:|---:|---:|")
    for label, pairs in designs.items():
        for name, function, dimensions, logs in (
            ("Fréchet", frechet_distance, 8, True),
            ("Fréchet", frechet_distance, 128, True),
            ("kernel", lambda one, other: float(kid(one, other)[0]), 128, False),
        ):
            holds, error, width, mean, bias = cell(function, pairs, dimensions, draws, 1, logs)
            true = f"{true_frechet(dimensions):.2f}" if name == "Fréchet" else ""
            told = f"{100 * holds:.1f} ± {100 * error:.1f} / {width:.2f}"
            print(f"| {name}, {dimensions} | {label} | {told} | {mean:.3g} | {true} | {bias:.3g} |", flush=True)
    print(f"\n{time.process_time() - began:.0f} s of one core.")


if __name__ == "__main__":
    main()
