"""How often does the interval of a rank hold the true rank?

    python benchmarks/rank_coverage.py [--quick]

Four methods, three metrics. Value of a clip = true value of the method + effect of the person (variance 1, the same for
all methods) + effect of the person on the method (0.3 a role) + its own (1), normal; neighbours in the true order lie
`gap` apart. "wide" is the mean width of an interval of ranks (0: the rank is certain, 3: nothing is known).
"""

import argparse
import time

import numpy as np
from interval_coverage import clips, grid, random, ring

from evalkit.statistics.ranking import MetricScores, standings

METHODS, METRICS = 4, 3


def values(pairs, gap, generator):
    """(metrics, methods, P) values; method 0 is the best (lowest) by all metrics."""
    shape = (METRICS, METHODS, len(pairs.sources))
    found = gap * np.arange(METHODS)[None, :, None] + generator.standard_normal(shape)
    for side in {tuple(pairs.sources): pairs.sources, tuple(pairs.drivings): pairs.drivings}.values():
        found = found + generator.standard_normal((METRICS, 1, pairs.people))[:, :, side]
        found = found + np.sqrt(0.3) * generator.standard_normal((METRICS, METHODS, pairs.people))[:, :, side]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 draws a cell instead of 400")
    draws = 100 if parser.parse_args().quick else 400
    began = time.process_time()
    designs = {f"self, {k} people, 2 clips each": clips([2] * k) for k in (3, 6, 12, 50)}
    designs |= {"full grid 6 x 6": grid(6), "one-to-one, 6": ring(6), "random, 12 people, 50 pairs": random(12, 50, 1)}
    gaps = (0.1, 0.3, 1.0)
    print("| design | " + " | ".join(f"gap {gap}: held, % / wide" for gap in gaps) + " |\n|---|" + "---:|" * len(gaps))
    for label, pairs in designs.items():
        cells = []
        for gap in gaps:
            generator, held, wide = np.random.default_rng(1), [], []
            for _ in range(draws):
                scores = [
                    MetricScores(f"m{i}", "lower", one.mean(axis=1), one, np.ones_like(one))
                    for i, one in enumerate(values(pairs, gap, generator))
                ]
                found = standings(scores, *pairs.names)
                held += [one.low <= rank <= one.high for rank, one in enumerate(found, start=1)]
                wide += [one.high - one.low for one in found]
            share = np.mean(held)
            error = 100 * np.sqrt(share * (1 - share) / draws)
            cells.append(f"{100 * share:.1f} ± {error:.1f} / {np.mean(wide):.1f}")
        print(f"| {label} | {' | '.join(cells)} |", flush=True)
    print(f"\n{time.process_time() - began:.0f} s of one core.")


if __name__ == "__main__":
    main()
