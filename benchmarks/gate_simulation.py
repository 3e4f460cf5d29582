"""How often does the gate cry wolf, and what does it catch? Simulated gates with the spreads of real runs.

    python benchmarks/gate_simulation.py A B [--clips 100] [--identities 40] [--gates 200] [--loss akd=2% csim=0.01]

A and B are run folders of one checkpoint under two seeds (or of two checkpoints that differ as seeds do). A simulated
test set redraws identities, and clips of each, from the real ones. A clip has the baseline value it has in A; the
candidate's differs by the difference that a real clip showed between A and B: with one random sign per identity and
clip, so that both checkpoints are equally good and clips of one identity stay as alike as they were. A planted loss
moves every clip by a share of its value ("akd=2%") or by an amount ("csim=0.01"). Every simulated pair of runs goes
through `evalkit.gate.verdict.gate` with the default rules and all metrics, and through the quick stage.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from evalkit.gate.quick import choose_subset, first_look, second_look
from evalkit.gate.rules import Rules
from evalkit.gate.side import PairScore, Side, read_side
from evalkit.gate.verdict import gate


def real_table(one, other):
    """Clips scored by every metric on both sides: (identities by clip, metric -> (values, differences))."""
    keys = [key for key in one.scores if key in other.scores]
    usable = [
        p for p in one.scores[keys[0]] if all(s.scores[k][p].mean is not None for s in (one, other) for k in keys)
    ]
    people = [one.scores[keys[0]][p].source_identity for p in usable]
    table = {}
    for key in keys:
        before = np.array([one.scores[key][p].mean for p in usable])
        table[key] = before, np.array([other.scores[key][p].mean for p in usable]) - before
    return np.array(people), table


def draw(people, clips, identities, generator):
    """Indices of real clips, names of simulated identities, and signs: one per identity times one per clip."""
    names = np.unique(people)
    rows, owners = [], []
    chosen = generator.choice(names, identities)
    for number in range(clips):
        owner = number % identities
        rows.append(generator.choice(np.flatnonzero(people == chosen[owner])))
        owners.append(f"person{owner:04d}")
    # Half of the identities' clips keep one common sign: correlated within a person, symmetric overall.
    person_sign = generator.choice([-1.0, 1.0], identities)
    own_sign = generator.choice([-1.0, 1.0], clips)
    shared = generator.random(clips) < 0.5
    signs = np.where(shared, person_sign[np.arange(clips) % identities], own_sign)
    return np.array(rows), owners, signs


def side(template, table, values, owners):
    """A complete side with these values."""
    scores = {
        key: {
            f"clip{i:05d}": PairScore(f"clip{i:05d}", owner, owner, float(mean), 1, 1.0)
            for i, (owner, mean) in enumerate(zip(owners, values[key], strict=True))
        }
        for key in table
    }
    entries = {
        key: {**template.entry(key), "value": float(values[key].mean()), "coverage": 1.0, "status": "ok"}
        for key in table
    }
    summary = {**template.summary, "metrics": entries, "complete": True, "pairs": {"failed": []}}
    return replace(template, summary=summary, scores=scores, data={}, finished=True)


def planted(key, before, losses, better):
    """What a loss adds to the values of a metric."""
    for name, (amount, relative) in losses.items():
        if name in (key, key.partition("[")[0]):
            size = amount * np.abs(before) if relative else np.full(len(before), amount)
            return size if better == "lower" else -size
    return np.zeros(len(before))


def simulate(one, people, table, arguments, losses, seed) -> tuple[Side, Side]:
    generator = np.random.default_rng(seed)
    rows, owners, signs = draw(people, arguments.clips, arguments.identities, generator)
    before = {key: values[rows] for key, (values, _) in table.items()}
    after = {}
    for key, (_, differences) in table.items():
        noise = arguments.scale * signs * differences[rows]
        after[key] = before[key] + noise + planted(key, before[key], losses, one.entry(key)["better"])
    return side(one, table, before, owners), side(one, table, after, owners)


def quick(baseline, candidate, rules):
    """The outcome of the quick stage and the share of clips it ran."""
    subset = set(choose_subset(baseline))
    kept = {key: {p: s for p, s in scores.items() if p in subset} for key, scores in candidate.scores.items()}
    early = first_look(baseline, replace(candidate, scores=kept), rules)
    total = len(next(iter(candidate.scores.values())))
    return (early.outcome, len(subset) / total) if early else (second_look(baseline, candidate, rules).outcome, 1.0)


def parse_loss(text):
    name, _, amount = text.partition("=")
    return name, (float(amount.rstrip("%")) / (100 if amount.endswith("%") else 1), amount.endswith("%"))


def run(one, people, table, arguments, losses):
    """Counts of outcomes, full and quick, and how often the planted metric itself was called."""
    outcomes, quick_outcomes, cost, called = [], [], [], 0
    for seed in range(arguments.gates):
        baseline, candidate = simulate(one, people, table, arguments, losses, arguments.seed + seed)
        verdict = gate(baseline, candidate, Rules())
        outcomes.append(verdict.outcome)
        worse = {row.key for row in verdict.metrics if row.status == "worse"}
        called += any(key in worse or key.partition("[")[0] in {w.partition("[")[0] for w in worse} for key in losses)
        early, share = quick(baseline, candidate, Rules())
        quick_outcomes.append(early)
        cost.append(share)
    red, quick_red = (np.mean([o == "regression" for o in found]) for found in (outcomes, quick_outcomes))
    return float(red), called / arguments.gates, float(quick_red), float(np.mean(cost))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("baseline", type=Path)
    parser.add_argument("candidate", type=Path)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--identities", type=int, default=40)
    parser.add_argument("--gates", type=int, default=200)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the real differences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loss", nargs="*", default=["akd=2%", "csim=0.01"])
    arguments = parser.parse_args()
    one, other = read_side(arguments.baseline), read_side(arguments.candidate)
    people, table = real_table(one, other)
    print(f"{len(people)} real clips of {len(np.unique(people))} identities; ", end="")
    print(f"simulated: {arguments.gates} gates, {arguments.clips} clips of {arguments.identities} identities")
    for key, (values, differences) in table.items():
        relative = differences.std() / max(abs(values.mean()), 1e-12)
        print(f"  {key}: mean {values.mean():.4g}, paired spread {arguments.scale * differences.std():.4g} ", end="")
        print(f"({arguments.scale * relative:.1%} of the mean)")
    red, _, quick_red, cost = run(one, people, table, arguments, {})
    print(f"equal checkpoints: false alarms {red:.1%} full, {quick_red:.1%} quick ({cost:.0%} of the clips run)")
    for text in arguments.loss:
        name, loss = parse_loss(text)
        red, called, quick_red, cost = run(one, people, table, arguments, {name: loss})
        print(f"planted {text}: red {red:.1%}, that metric called {called:.1%}; quick: red {quick_red:.1%} ", end="")
        print(f"({cost:.0%} of the clips run)")


if __name__ == "__main__":
    main()
