"""What counts as worse: rules per metric, from a YAML file or by default.

confidence: 0.95        # of the whole gate: the chance of a false alarm over all metrics is at most 1 - confidence
primary: [akd, csim]    # what most of the permitted false alarms belong to
cluster: identity       # what is independent: identities, or (if you know better) pairs
device: warn            # another device class than the baseline's: warn, refuse or ignore
precision: refuse       # another precision, or one that is not known
default: {relative: 0.01}
metrics:
  csim: {absolute: 0.005, margin: 0.01, min_coverage: 0.95}
  "akd[dlib68]": {relative: 0.02, margin: 5%, must_improve: true}
  apd: {allow_unproven: true}
"""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import ProtocolError, UnknownNameError

Policy = Literal["warn", "refuse", "ignore"]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Confidence = Annotated[float, Field(gt=0.5, lt=1)]
Size = NotNegative | Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*%$")]
"""A loss in the metric's unit, or as a share of the baseline's value: "5%"."""


class Rule(BaseModel):
    """Rule of one metric. What is None is taken from `default`, then from the metric's built-in rule.

    Attributes:
        direction: must agree with the metric's own; "both" makes any change count as worse.
        absolute, relative: a loss up to the larger of both (relative to the baseline's value) is tolerated: never red.
        margin: the loss that has to be excluded for green, in the metric's unit or in per cent of the baseline's value.
            None: `MARGINS`.
        allow_unproven: not proven does not stand in the way of green; a loss that would be red alone still does.
        confidence: for this metric, instead of the gate's.
        min_coverage: below it the metric could not be measured. None: the protocol's floor.
        coverage_drop: losing more coverage than this against the baseline means that it could not be compared.
        floor, ceiling: values the candidate must not go below or above, significant or not.
        must_improve: anything but a significant gain beyond the tolerance fails.
        too_good: a significant gain beyond this share of the way from the baseline to the metric's best value (0 for
            a distance) is an alarm; 1 switches it off.
        typical: of a distance, judge the typical clip (geometric mean of the ratios) beside the mean.
        ignore: shown, not judged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Literal["higher", "lower", "both"] | None = None
    absolute: NotNegative | None = None
    relative: NotNegative | None = None
    margin: Size | None = None
    allow_unproven: bool | None = None
    confidence: Confidence | None = None
    min_coverage: Share | None = None
    coverage_drop: Share | None = None
    floor: float | None = None
    ceiling: float | None = None
    must_improve: bool | None = None
    too_good: Share | None = None
    typical: bool | None = None
    ignore: bool | None = None

    @model_validator(mode="after")
    def _floor_below_ceiling(self) -> "Rule":
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise ValueError(f"floor {self.floor} is above ceiling {self.ceiling}")
        return self

    def over(self, other: "Rule") -> "Rule":
        """This rule, with what it leaves open taken from `other`. The tolerances count as one."""
        mine, theirs = self.model_dump(exclude_none=True), other.model_dump(exclude_none=True)
        if {"absolute", "relative"} & mine.keys():
            theirs = {key: value for key, value in theirs.items() if key not in ("absolute", "relative")}
        return Rule.model_validate(theirs | mine)


class Rules(BaseModel):
    """All rules of a gate.

    `primary` names metrics by key or id; without, they are what `primary_of` says. `seed` is read so that old files
    load, and has no effect: nothing is drawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    confidence: Confidence = 0.95
    primary: tuple[str, ...] = ()
    cluster: Literal["identity", "pair"] = "identity"
    device: Policy = "warn"
    precision: Policy = "refuse"
    seed: Annotated[int, Field(ge=0)] | None = None
    default: Rule = Rule()
    metrics: dict[str, Rule] = {}

    def of(self, key: str) -> Rule:
        """The rule of the metric `key`: by its key, by its id, the default, the built-in one, in this order."""
        rule = self.metrics.get(key, Rule())
        if "[" in key:
            rule = rule.over(self.metrics.get(_id(key), Rule()))
        return rule.over(self.default).over(BUILT_IN.get(_id(key), BUILT_IN[""]))

    def primary_of(self, judged: Sequence[str]) -> set[str]:
        """Those of the judged metrics that are primary: the named ones; else the first AKD, CSIM, or metric.

        So a metric that is judged alone is primary.
        """
        if named := {key for key in judged if key in self.primary or _id(key) in self.primary}:
            return named
        for name in MAIN:
            if of_name := [key for key in judged if _id(key) == name]:
                return {of_name[0]}
        return set(judged[:1])


_COMMON = {
    "coverage_drop": 0.02,
    "too_good": 0.5,
    "must_improve": False,
    "typical": True,
    "ignore": False,
    "allow_unproven": False,
}
BUILT_IN: Mapping[str, Rule] = {
    "": Rule(relative=0.01, **_COMMON),  # type: ignore[arg-type]
    "csim": Rule(absolute=0.005, **_COMMON),  # type: ignore[arg-type]
    "ssim": Rule(absolute=0.005, **_COMMON),  # type: ignore[arg-type]
    "psnr": Rule(absolute=0.1, **_COMMON),  # type: ignore[arg-type]
}
"""Tolerances without a file, by metric id; "" is for all others."""
MARGINS: Mapping[str, Size] = {"": "25%", "apd": "75%", "p_rmse": "75%", "csim": 0.01, "ssim": 0.02, "psnr": 0.5}
MARGINS_FOR = 6
"""Margins without a file, by metric id: what so many people can show of two trainings that differ by their seed
(docs/gate.md). With more people they shrink with the square root of the number, to the tolerance at least."""
MAIN = ("akd", "csim")
"""Ids of which the first one that is judged is primary without a file."""


def margin(rule: Rule, key: str, baseline: float | None, tolerance: float, people: int) -> float:
    """The loss, in the metric's unit, that green has to exclude. A margin of the rules counts as it is."""
    if rule.margin is not None:
        return _size(rule.margin, baseline)
    size = _size(MARGINS.get(_id(key), MARGINS[""]), baseline) * math.sqrt(min(1.0, MARGINS_FOR / max(people, 1)))
    return max(size, tolerance)


def _size(size: Size, baseline: float | None) -> float:
    return float(size[:-1]) / 100 * abs(baseline or 0.0) if isinstance(size, str) else size


def read_rules(path: Path | None) -> Rules:
    """Read a rules file; without one, the defaults. Raises `ProtocolError` when it does not hold together."""
    if path is None:
        return Rules()
    try:
        content = read_yaml(path) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProtocolError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ProtocolError(f"{path}: expected keys and values, got {type(content).__name__}")
    try:
        return Rules.model_validate(content)
    except ValidationError as error:
        raise ProtocolError(explain_invalid(path, error, Rules)) from error


def check_names(rules: Rules, keys: Collection[str], directions: Mapping[str, str]) -> None:
    """Raise `UnknownNameError` for a rule about a metric neither side has, `ProtocolError` for a wrong direction."""
    known = {*keys, *(_id(key) for key in keys)}
    for name in (*rules.metrics, *rules.primary):
        if name not in known:
            raise UnknownNameError("metric in these runs (named in the rules)", name, known)
    for key in keys:
        asked, true = rules.of(key).direction, directions[key]
        if asked not in (None, "both", true):
            raise ProtocolError(
                f"The rules say that {asked} is better for {key}; the metric says {true}. Drop the key."
            )


def _id(key: str) -> str:
    return key.partition("[")[0]
