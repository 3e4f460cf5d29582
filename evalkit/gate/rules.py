"""What counts as worse: rules per metric, from a YAML file or by default.

confidence: 0.965       # of the whole gate: the chance of a false alarm over all metrics is at most 1 - confidence
cluster: identity       # what is independent: identities, or (if you know better) pairs
device: warn            # another device class than the baseline's: warn, refuse or ignore
precision: refuse       # another precision
seed: 0
default: {relative: 0.01}
metrics:
  csim: {absolute: 0.005, min_coverage: 0.95}
  "akd[dlib68]": {relative: 0.02, must_improve: true}
"""

from collections.abc import Collection, Mapping
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


class Rule(BaseModel):
    """Rule of one metric. What is None is taken from `default`, then from the metric's built-in rule.

    Attributes:
        direction: must agree with the metric's own; "both" makes any change count as worse.
        absolute, relative: a loss up to the larger of both (relative to the baseline's value) is tolerated.
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
    """All rules of a gate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confidence: Confidence = 0.965
    cluster: Literal["identity", "pair"] = "identity"
    device: Policy = "warn"
    precision: Policy = "refuse"
    seed: Annotated[int, Field(ge=0)] = 0
    default: Rule = Rule()
    metrics: dict[str, Rule] = {}

    def of(self, key: str) -> Rule:
        """The rule of the metric `key`: by its key, by its id, the default, the built-in one, in this order."""
        rule = self.metrics.get(key, Rule())
        if "[" in key:
            rule = rule.over(self.metrics.get(_id(key), Rule()))
        return rule.over(self.default).over(BUILT_IN.get(_id(key), BUILT_IN[""]))


_COMMON = {"coverage_drop": 0.02, "too_good": 0.5, "must_improve": False, "typical": True, "ignore": False}
BUILT_IN: Mapping[str, Rule] = {
    "": Rule(relative=0.01, **_COMMON),  # type: ignore[arg-type]
    "csim": Rule(absolute=0.005, **_COMMON),  # type: ignore[arg-type]
    "ssim": Rule(absolute=0.005, **_COMMON),  # type: ignore[arg-type]
    "psnr": Rule(absolute=0.1, **_COMMON),  # type: ignore[arg-type]
}
"""Tolerances without a file, by metric id; "" is for all others."""


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
    for name in rules.metrics:
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
