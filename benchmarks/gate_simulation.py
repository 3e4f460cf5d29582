"""How often does the gate cry wolf, what does it catch and what does it show? Gates with the clips of real runs.

    python benchmarks/gate_simulation.py RUN RUN [RUN ...] [--clips 100] [--gates 200] [--loss akd=2% csim=0.01]

The runs are of one method over one protocol, trained with different seeds (benchmarks/learned_warp). A simulated gate
draws two of them and redraws identities, each with all of its clips, until there are enough clips. Baseline and
candidate of an identity are swapped with a chance of one half: then both checkpoints are equally good, clips differ as
those of two seeds do, and clips of one person stay as alike as they were. A planted loss moves every clip by a share
of its value ("akd=2%") or by an amount ("csim=0.01"). `--scale` multiplies how far the two runs lie apart;
`--as-they-are` swaps nothing, so that a seed that trained worse may be called worse. Every simulated pair of runs goes
through `evalkit.gating.verdict.gate` with the default rules and all metrics, and through the quick stage.
"""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from evalkit.gating.quick import quick_gate
from evalkit.gating.rules import Rules
from evalkit.gating.side import PairScore, Side, read_side
from evalkit.gating.verdict import gate
from evalkit.records.run import PairCounts


def real_tables(sides):
    """Clips scored by every metric in all runs: their identities, and metric -> (runs, clips) values."""
    keys = [key for key in sides[0].scores if all(key in side.scores for side in sides)]
    clips = [p for p in sides[0].scores[keys[0]] if all(s.scores[k][p].mean is not None for s in sides for k in keys)]
    people = np.array([sides[0].scores[keys[0]][p].source_identity for p in clips])
    return people, {key: np.array([[s.scores[key][p].mean for p in clips] for s in sides]) for key in keys}


def apart(one, other, scale):
    """Two values with the same middle, `scale` times as far apart; as ratios where both are positive."""
    if min(one.min(), other.min()) > 0:
        middle, half = np.sqrt(one * other), scale * np.log(other / one) / 2
        return middle * np.exp(-half), middle * np.exp(half)
    middle, half = (one + other) / 2, scale * (other - one) / 2
    return middle - half, middle + half


def draw(people, clips, generator):
    """Indices of real clips and the simulated person of each."""
    groups = [np.flatnonzero(people == person) for person in np.unique(people)]
    rows, owners = [], []
    while len(rows) < clips:
        drawn = groups[generator.integers(len(groups))][: clips - len(rows)]
        owners += [len(set(owners))] * len(drawn)
        rows += drawn.tolist()
    return np.array(rows), np.array(owners)


def simulate(template, people, tables, arguments, losses, seed) -> tuple[Side, Side]:
    generator = np.random.default_rng(seed)
    first, second = generator.choice(len(next(iter(tables.values()))), 2, replace=False)
    rows, owners = draw(people, arguments.clips, generator)
    swapped = (generator.random(owners.max() + 1) < 0.5)[owners]
    if arguments.as_they_are:
        swapped[:] = False
    before, after = {}, {}
    for key, values in tables.items():
        one, other = apart(values[first, rows], values[second, rows], arguments.scale)
        before[key], after[key] = np.where(swapped, other, one), np.where(swapped, one, other)
        after[key] = after[key] + planted(key, after[key], losses, template.entry(key).better)
    return build_side(template, before, owners), build_side(template, after, owners)


def planted(key, values, losses, better):
    """What a loss adds to the values of a metric."""
    for name, (amount, relative) in losses.items():
        if name in (key, key.partition("[")[0]):
            size = amount * np.abs(values) if relative else np.full(len(values), amount)
            return size if better == "lower" else -size
    return np.zeros(len(values))


def build_side(template, values, owners):
    """A complete side with these values."""
    clips = [f"clip{i:05d}" for i in range(len(owners))]
    scores = {
        key: {
            clip: PairScore(clip, f"person{owner}", f"person{owner}", float(mean), 1, 1.0)
            for clip, owner, mean in zip(clips, owners, means, strict=True)
        }
        for key, means in values.items()
    }
    entries = {
        key: template.entry(key).model_copy(update={"value": float(means.mean()), "coverage": 1.0, "status": "ok"})
        for key, means in values.items()
    }
    pairs = PairCounts(protocol=len(clips), run=len(clips), scored=len(clips), failed=())
    summary = template.summary.model_copy(update={"metrics": entries, "complete": True, "pairs": pairs})
    return replace(template, summary=summary, scores=scores, data=dict.fromkeys(clips, "same"), finished=True)


def quick(baseline, candidate, rules):
    """The outcome of the quick stage and the share of clips it ran."""
    total = len(baseline.data)
    ran = []

    def run(pairs):
        ran.append(len(pairs) or total)
        wanted = set(pairs) or set(baseline.data)
        kept = {key: {p: s for p, s in scores.items() if p in wanted} for key, scores in candidate.scores.items()}
        return replace(candidate, scores=kept)

    return quick_gate(baseline, rules, run)[0].outcome, ran[-1] / total


def parse_loss(text):
    name, _, amount = text.partition("=")
    return name, (float(amount.rstrip("%")) / (100 if amount.endswith("%") else 1), amount.endswith("%"))


def run(template, people, tables, arguments, losses, title):
    """Print how often gates were red and green, full and quick, by which metrics, and what the quick stage ran."""
    red, green, quick_red, cost, blamed = 0, 0, 0, [], Counter()
    rules = Rules() if arguments.confidence is None else Rules(confidence=arguments.confidence)
    for seed in range(arguments.seed, arguments.seed + arguments.gates):
        baseline, candidate = simulate(template, people, tables, arguments, losses, seed)
        verdict = gate(baseline, candidate, rules)
        red += verdict.outcome == "regression"
        green += verdict.outcome == "pass"
        blamed.update(row.key for row in verdict.metrics if row.status == "worse")
        if not arguments.full_only:
            outcome, share = quick(baseline, candidate, rules)
            quick_red += outcome == "regression"
            cost.append(share)
    n = arguments.gates
    print(f"{title}: red {red / n:.1%}, green {green / n:.1%}", end="")
    if cost:
        print(f"; quick: red {quick_red / n:.1%} with {np.mean(cost):.0%} of the clips", end="")
    print(f"; worse: {', '.join(f'{key} {count / n:.1%}' for key, count in blamed.most_common(3)) or 'none'}")


def print_spreads(tables, scale):
    for key, values in tables.items():
        pairs = [(i, j) for i in range(len(values)) for j in range(i)]
        moved = [apart(values[i], values[j], scale) for i, j in pairs]
        spread = np.sqrt(np.mean([(b - a).var() for a, b in moved]))
        print(
            f"  {key}: mean {values.mean():.4g}, paired spread {spread:.3g} ({spread / abs(values.mean()):.2%})", end=""
        )
        if values.min() > 0:
            print(f", of the log ratio {np.sqrt(np.mean([np.log(b / a).var() for a, b in moved])):.2%}", end="")
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--gates", type=int, default=200)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--as-they-are", action="store_true")
    parser.add_argument("--full-only", action="store_true", help="leave the quick stage out")
    parser.add_argument("--confidence", type=float, help="instead of the default rules'")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loss", nargs="*", default=["akd=2%", "csim=0.01"])
    arguments = parser.parse_args()
    sides = [read_side(path) for path in arguments.runs]
    people, tables = real_tables(sides)
    print(
        f"{len(sides)} runs, {len(people)} clips of {len(np.unique(people))} identities; {arguments.clips} clips a gate"
    )
    print_spreads(tables, arguments.scale)
    run(sides[0], people, tables, arguments, {}, "as they are" if arguments.as_they_are else "equal checkpoints")
    for text in arguments.loss:
        run(sides[0], people, tables, arguments, dict([parse_loss(text)]), f"planted {text}")


if __name__ == "__main__":
    main()
