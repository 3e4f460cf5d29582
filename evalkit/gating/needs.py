"""What a protocol can prove and what a wanted sensitivity needs: what `evalkit gate power` answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.errors import RunError, UnknownNameError
from evalkit.gating import power
from evalkit.gating.evidence import Evidence, gather, metric_keys
from evalkit.gating.rules import MARGINS, Rules
from evalkit.gating.side import Side
from evalkit.gating.significance import test_all

SIZES = (6, 12, 50, 100)
"""Numbers of people that margins are also told for."""


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


@dataclass(frozen=True)
class Provable:
    """The margin that two runs let a metric prove, in its unit.

    Attributes:
        metric: its key.
        baseline: its value, for margins in per cent.
        spread: standard deviation of the paired differences.
        people: in the pairs, in either role.
        margin: of the rules.
        now: what an equal checkpoint is shown within, with the chance `power.PROVEN`.
        at: the same with other numbers of people, each with as many pairs as one has now.
        proposed: what equal checkpoints are shown within in all judged metrics at once, with that chance.
    """

    metric: str
    baseline: float
    spread: float
    people: int
    margin: float
    now: float
    at: Mapping[int, float]
    proposed: float

    def cells(self) -> list[str]:
        """As a row of a table."""
        found = [self.now, *self.at.values()]
        return [
            self.metric,
            f"{self.spread:.4g}",
            str(self.people),
            self._size(self.margin),
            *(self._size(size) for size in found),
        ]

    def rule(self) -> str:
        """The proposed margin as a rule."""
        if _in_per_cent(self.metric) and self.baseline:
            return f"{_rounded_up(100 * self.proposed / abs(self.baseline)):g}%"
        return f"{_rounded_up(self.proposed):g}"

    def _size(self, size: float) -> str:
        if _in_per_cent(self.metric) and self.baseline:
            return f"{100 * size / abs(self.baseline):.2g} %"
        return f"{size:.3g}"


def needs(baseline: Side, candidate: Side, rules: Rules, effects: Sequence[str], chance: float) -> list[Needs]:
    """Answer for each of `effects`, texts such as "csim=0.01" or "akd=2%".

    Raises `RunError` for a text of another form, or runs without scores per pair of three people;
    `UnknownNameError` for a metric the runs do not have.
    """
    keys = metric_keys(baseline, candidate)[0]
    wanted = [_parse(text, keys) for text in effects]
    evidence = {key: gather(key, baseline, candidate, rules) for key in keys}
    levels = _levels(list(evidence.values()), rules)
    found = []
    for key, amount, relative in wanted:
        e = evidence[key]
        loss = amount * abs(e.baseline or 0.0) if relative else amount
        found.append(_answer(e, loss, levels.get(key), chance))
    return found


def provable(baseline: Side, candidate: Side, rules: Rules) -> list[Provable]:
    """The margins of all judged metrics that have an error."""
    keys = metric_keys(baseline, candidate)[0]
    evidence = [e for key in keys if (e := gather(key, baseline, candidate, rules)).broken is None]
    judged = [e for e in evidence if not e.rule.ignore and e.differences is not None and e.differences.loss.error]
    together = 1 - (1 - power.PROVEN) / max(len(judged), 1)
    return [_provable(e, together) for e in judged]


def proposed_rules(found: Sequence[Provable], rules: Rules) -> str:
    """A rules file with the margins that these runs can prove."""
    primary = [row.metric for row in found if row.metric in rules.primary_of([row.metric for row in found])]
    lines = [f"primary: [{', '.join(_quoted(key) for key in primary)}]", "metrics:"]
    return "\n".join([*lines, *(f"  {_quoted(row.metric)}: {{margin: {row.rule()}}}" for row in found)]) + "\n"


def _provable(e: Evidence, together: float) -> Provable:
    assert e.differences is not None
    loss = e.differences.loss
    margins = [power.provable_margin(loss, people) for people in (None, *SIZES)]
    proposed = power.provable_margin(loss, None, together)
    return Provable(
        metric=e.key,
        baseline=e.baseline or 0.0,
        spread=_spread(e),
        people=loss.people,
        margin=e.margin,
        now=margins[0] or 0.0,
        at={people: size or 0.0 for people, size in zip(SIZES, margins[1:], strict=True)},
        proposed=max(proposed or 0.0, e.tolerance),
    )


def _levels(evidence: Sequence[Evidence], rules: Rules) -> Mapping[str, float]:
    """At which chance of a false alarm each judged metric is called."""
    judged = [e for e in evidence if e.broken is None and not e.rule.ignore]
    primary = rules.primary_of([e.key for e in judged])
    return {key: tested.level for key, tested in test_all(judged, rules, primary).items()}


def _answer(e: Evidence, loss: float, level: float | None, chance: float) -> Needs:
    if e.differences is None or e.differences.loss.error is None or level is None:
        raise RunError(f"{e.key}: two runs with scores of the same pairs, of three people at least, are needed.")
    need = power.needed_for(e, level, loss, chance)
    return Needs(
        e.key,
        loss,
        e.tolerance,
        _spread(e),
        len(e.differences.values),
        power.detectable_loss(e, level, chance),
        need.clips,
        need.identities,
    )


def _spread(e: Evidence) -> float:
    assert e.differences is not None
    return float(e.differences.values.std(ddof=1))


def _in_per_cent(key: str) -> bool:
    return isinstance(MARGINS.get(key.partition("[")[0], MARGINS[""]), str)


def _rounded_up(value: float) -> float:
    """To two digits."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / unit - 1e-9) * unit:.2g}")


def _quoted(key: str) -> str:
    return f'"{key}"' if "[" in key else key


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
