"""How many clips a wanted sensitivity needs: what `evalkit gate power` answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.errors import RunError, UnknownNameError
from evalkit.gate import power
from evalkit.gate.evidence import Evidence, gather, metric_keys
from evalkit.gate.rules import Rules
from evalkit.gate.side import Side
from evalkit.gate.significance import alpha


@dataclass(frozen=True)
class Needs:
    """One wanted loss of one metric, in its unit.

    `spread` is the standard deviation of the paired differences, `detectable` what the pairs at hand see with the
    asked chance. `clips` and `identities` are None when no number is enough: the tolerance hides such a loss.
    """

    metric: str
    loss: float
    tolerance: float
    spread: float
    pairs: int
    detectable: float | None
    clips: int | None
    identities: int | None

    def cells(self) -> list[str]:
        """As a row of a table."""
        wanted = [str(n) if n is not None else "none is enough" for n in (self.clips, self.identities)]
        seen = "-" if self.detectable is None else f"{self.detectable:.4g}"
        return [
            self.metric,
            f"{self.loss:.4g}",
            f"{self.tolerance:.4g}",
            f"{self.spread:.4g}",
            str(self.pairs),
            seen,
            *wanted,
        ]


def needs(baseline: Side, candidate: Side, rules: Rules, effects: Sequence[str], chance: float) -> list[Needs]:
    """Answer for each of `effects`, texts such as "csim=0.01" or "akd=2%".

    Raises `RunError` for a text of another form, or runs without scores per pair of two identities;
    `UnknownNameError` for a metric the runs do not have.
    """
    keys = metric_keys(baseline, candidate)[0]
    wanted = [_parse(text, keys) for text in effects]
    evidence = {key: gather(key, baseline, candidate, rules) for key in keys}
    tests = sum(len(e.views) for e in evidence.values() if not e.rule.ignore)
    found = []
    for key, amount, relative in wanted:
        e = evidence[key]
        loss = amount * abs(e.baseline or 0.0) if relative else amount
        found.append(_answer(e, loss, rules, max(tests, 1), chance))
    return found


def _answer(e: Evidence, loss: float, rules: Rules, tests: int, chance: float) -> Needs:
    if e.differences is None or e.differences.clusters < 2:
        raise RunError(f"{e.key}: two runs with scores of the same pairs, of two identities at least, are needed.")
    confidence = 1 - alpha(e, rules)
    need = power.needed_for(e, confidence, tests, loss, chance)
    return Needs(
        e.key,
        loss,
        e.tolerance,
        float(e.differences.values.std(ddof=1)),
        len(e.differences.values),
        power.detectable_loss(e, confidence, tests, chance),
        need.clips,
        need.identities,
    )


def _parse(text: str, keys: Sequence[str]) -> tuple[str, float, bool]:
    name, equals, amount = text.rpartition("=")
    try:
        value = float(amount.removesuffix("%")) / (100 if amount.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not equals or not value > 0:
        raise RunError(f"--effect {text!r}: expected METRIC=LOSS with a positive loss, such as csim=0.01 or akd=2%.")
    matching = [key for key in keys if key == name or key.partition("[")[0] == name]
    if not matching:
        raise UnknownNameError("metric in these runs", name, keys)
    return matching[0], value, amount.endswith("%")
