"""Weights by recipe: every tensor of a network drawn from its own name.

A reduced network can be compared with another implementation without shipping its weights when both sides draw
them by the same rule. The rule (version 1) seeds one generator per state-dict entry with the CRC-32 of
``"<salt>:<module>/<key>"`` and picks the distribution from a list of patterns, so it does not depend on the order in
which layers are built.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

VERSION = 1
_KEPT = 300
"""Entries that are drawn once for the tests of one reduced network; a whole one has more, and is drawn anew."""

_KIND = re.compile(r"^(keep|uniform|normal|fanin|faninT)(?:\(([^()]*)\))?$")
_ARGUMENTS = {"keep": 0, "uniform": 2, "normal": 2, "fanin": 1, "faninT": 1}


class RecipeError(ValueError):
    """The recipe itself is wrong: unknown version, kind or pattern."""


@dataclass(frozen=True)
class Recipe:
    """How the weights of one set of modules are drawn.

    Attributes:
        salt: text that separates one set of weights from another.
        overrides: module name -> ((regular expression, kind), ...); the first pattern found in the key wins. The name
            ``"*"`` holds the list for every module that has no list of its own.
    """

    salt: str
    overrides: Mapping[str, tuple[tuple[str, str], ...]]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Recipe:
        """Read ``{"version", "salt", "overrides"}``; overrides are one list for all modules or a list per module.

        Raises:
            RecipeError: unknown version, no salt, or overrides that are not [pattern, kind] pairs.
        """
        version = config.get("version", VERSION)
        if version != VERSION:
            raise RecipeError(f"recipe version {version!r} is unknown, expected {VERSION}")
        if not isinstance(config.get("salt"), str):
            raise RecipeError("the recipe has no salt")
        raw = config.get("overrides", [])
        per_module = raw if isinstance(raw, Mapping) else {"*": raw}
        try:
            overrides = {name: tuple((str(p), str(k)) for p, k in pairs) for name, pairs in per_module.items()}
        except (TypeError, ValueError) as error:
            raise RecipeError("recipe overrides must be lists of [pattern, kind]") from error
        return cls(salt=config["salt"], overrides=overrides)

    def kind(self, module: str, key: str, value: Tensor) -> str:
        """Kind of entry `key`: the first matching override, else the default for its name and shape."""
        for pattern, kind in self.overrides.get(module, self.overrides.get("*", ())):
            try:
                if re.search(pattern, key):
                    return kind
            except re.error as error:
                raise RecipeError(f"recipe pattern {pattern!r} is not a regular expression: {error}") from error
        return _default_kind(key, value)

    def draw(self, module: str, key: str, value: Tensor) -> Tensor:
        """Draw the entry `key` of `module`.

        Args:
            module: module name, part of the seed.
            key: state-dict key without the module name.
            value: what the constructor gave: supplies shape and dtype, and the value itself for kind ``keep``.

        Returns:
            Tensor of the same shape and dtype, drawn in float64 and then cast.
        """
        kind, numbers = _parse_kind(self.kind(module, key, value))
        if kind == "keep":
            return value
        seed = zlib.crc32(f"{self.salt}:{module}/{key}".encode())
        return _drawn(seed, kind, numbers, tuple(value.shape), value.dtype).clone()


@lru_cache(_KEPT)
def _drawn(seed: int, kind: str, numbers: tuple[float, ...], shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    rng = np.random.RandomState(seed)
    if kind == "uniform":
        drawn = np.asarray(rng.uniform(numbers[0], numbers[1], size=shape))
    elif kind == "normal":
        drawn = numbers[0] + numbers[1] * np.asarray(rng.standard_normal(size=shape))
    else:
        fan = np.prod(shape[1:]) if kind == "fanin" else shape[0] * np.prod(shape[2:])
        drawn = numbers[0] / np.sqrt(float(fan)) * np.asarray(rng.standard_normal(size=shape))
    return torch.from_numpy(np.asarray(drawn, dtype=np.float64)).to(dtype)


def draw_missing(module: nn.Module, name: str, recipe: Recipe, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of `module`: entries in `stored` as they are, all others drawn by `recipe`.

    Old-style spectral norm (`weight_orig`, `weight_u`, `weight_v`): vectors that are not stored become u = one-hot at
    index 0 and v = first row of the flattened `weight_orig` over its length, after everything else is known.
    """
    current = module.state_dict()
    state = {key: stored[key] if key in stored else recipe.draw(name, key, value) for key, value in current.items()}
    for key in current:
        prefix = key.removesuffix("weight_orig")
        if prefix == key:
            continue
        rows = state[key].double().flatten(1)  # (out, rest)
        if prefix + "weight_u" not in stored:
            state[prefix + "weight_u"] = torch.zeros(rows.shape[0]).index_fill_(0, torch.tensor(0), 1.0)
        if prefix + "weight_v" not in stored:
            state[prefix + "weight_v"] = (rows[0] / rows[0].norm()).float()
    return state


def fill(module: nn.Module, name: str, recipe: Recipe) -> None:
    """Fill every weight of `module` by `recipe` and switch it to eval mode.

    Args:
        module: network on the CPU whose state-dict keys are the official ones.
        name: module name that the recipe uses in its seeds.
        recipe: salt and overrides.
    """
    module.load_state_dict(draw_missing(module, name, recipe, {}), strict=True)
    module.eval()


def _default_kind(key: str, value: Tensor) -> str:
    last = key.rpartition(".")[2]
    if not value.is_floating_point():
        return "keep"
    if last == "running_var":
        return "uniform(0.5,1.5)"
    if last == "running_mean":
        return "normal(0,0.1)"
    if value.dim() >= 2:
        return "fanin(1)"
    return "normal(1,0.1)" if last == "weight" else "normal(0,0.1)"


def _parse_kind(text: str) -> tuple[str, tuple[float, ...]]:
    match = _KIND.match(text.replace(" ", ""))
    if match is None:
        raise RecipeError(f"recipe kind {text!r} is unknown, expected one of {', '.join(_ARGUMENTS)}")
    kind, inside = match.group(1), match.group(2) or ""
    try:
        numbers = tuple(float(part) for part in inside.split(",") if part)
    except ValueError as error:
        raise RecipeError(f"recipe kind {text!r} has an argument that is not a number") from error
    if len(numbers) != _ARGUMENTS[kind]:
        raise RecipeError(f"recipe kind {text!r} has {len(numbers)} arguments, expected {_ARGUMENTS[kind]}")
    return kind, numbers
