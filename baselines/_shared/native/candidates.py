"""Which of several official files a method's networks come from. Two that fit are refused by name, never picked from.

A file is a candidate for a network when it holds it under its entry, under keys that begin with the entry, or bare.
Networks with an entry belong together: where one file holds them all they come from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from baselines._shared.native.networks import Expected, Networks, Part
from baselines._shared.native.official import OfficialFile, tensors

_FAMILIAR = 0.5
_COUNTER = "num_batches_tracked"
State = dict[str, Tensor]


@dataclass(frozen=True)
class Collected:
    """A state dict of ours as far as the files have it, and the names of files that fit equally well, or none."""

    state: State
    rivals: tuple[str, ...] = ()


def collect(networks: Networks, files: Sequence[OfficialFile], variant: str) -> Collected:
    """The state dict of `variant` from the parts found in `files`; what is not found is left out.

    The first of several that fit stands in the state, with `rivals` not empty.
    """
    expected = networks.expected(variant)
    named = [file for file in files if networks.may_hold(variant, Path(file.name.rpartition(": ")[2]).name)]
    together = [part for part in networks.parts if part.entry is not None]
    required = [part for part in together if not part.optional]
    whole = [file for file in named if required and all(_fits(part, file, expected) for part in required)]
    state: State = {}
    rivals: set[str] = set()
    for part in networks.parts:
        among = (whole or named) if part in together else files
        found = {file.name: one for file in among if (one := _held(part, file, expected))}
        fitting = {name: one for name, one in found.items() if _is_part(part, one, expected)}
        different = _different(fitting)
        if len(different) > 1:
            rivals |= set(different)
        best = next(iter(different.values()), None) or max(found.values(), key=len, default={})
        state |= {f"{part.name}.{key}": value for key, value in best.items()}
    return Collected(state, tuple(sorted(rivals)))


def alike(networks: Networks, files: Sequence[OfficialFile], name: str) -> str | None:
    """The entry of a file that has the keys and shapes of the network `name` of ours, under a name of its own."""
    part = next(part for part in networks.parts if part.name == name)
    wanted = [networks.expected(variant) for variant in networks.variants]
    entries = [one for file in files for one in file.content.items() if isinstance(one[1], Mapping)]
    return next((str(key) for key, inside in entries for one in wanted if _is_part(part, tensors(inside), one)), None)


def _held(part: Part, file: OfficialFile, expected: Expected) -> State:
    """What a file has of a network, with the counters that files from before torch 0.4.1 lack; empty for nothing."""
    wanted = _wanted(part, expected)
    found = _entry(part, file, wanted)
    if part.loose:
        found = {key: value for key, value in found.items() if key in wanted}
    counters = [key for key in wanted if key.endswith(_COUNTER) and key not in found]
    means = {key: f"{key.removesuffix(_COUNTER)}running_mean" for key in counters}
    return found | {key: torch.zeros((), dtype=torch.int64) for key in counters if means[key] in found}


def _entry(part: Part, file: OfficialFile, wanted: Mapping[str, object]) -> State:
    if part.entry is not None and isinstance(inside := file.content.get(part.entry), Mapping):
        return _below(part.prefix, tensors(inside))
    bare = tensors(file.content)
    for prefix in filter(None, (part.entry, part.name)):
        if flat := _below(f"{prefix}.", bare):
            return _below(part.prefix, tensors(flat)) if prefix == part.entry else tensors(flat)
    return bare if len(wanted.keys() & bare.keys()) > _FAMILIAR * len(wanted) else {}


def _below(prefix: str, state: State) -> State:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def _wanted(part: Part, expected: Expected) -> dict[str, tuple[int, ...]]:
    prefix = f"{part.name}."
    return {key.removeprefix(prefix): shape for key, (shape, _) in expected.items() if key.startswith(prefix)}


def _fits(part: Part, file: OfficialFile, expected: Expected) -> bool:
    return _is_part(part, _held(part, file, expected), expected)


def _is_part(part: Part, state: State, expected: Expected) -> bool:
    return {key: tuple(value.shape) for key, value in state.items()} == _wanted(part, expected)


def _different(states: Mapping[str, State]) -> dict[str, State]:
    """Without copies of the same weights, such as a mirror beside its original."""
    kept: dict[str, State] = {}
    for name, state in states.items():
        if not any(all(torch.equal(state[key], other[key]) for key in state) for other in kept.values()):
            kept[name] = state
    return kept
