"""Official checkpoints into our state dicts: find every part, compare every key, say exactly what does not fit."""

import contextlib
import importlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from baselines._shared.native.candidates import State, alike, collect
from baselines._shared.native.networks import Expected, Networks, Part
from baselines._shared.native.official import SAFETENSORS, OfficialFile, read_official
from evalkit import weights
from evalkit.base.files import atomic_path, content_sha256
from evalkit.errors import MethodError, WeightsError
from evalkit.method.checkpoints import CheckpointStatus
from evalkit.method.interface import MethodConfig

FORMAT = "evalkit-method-2"
_FORMATS = "evalkit-method-"
_FACTS = "evalkit"
"""The one entry of the metadata: safetensors writes several in an order that differs from run to run, and the same
official file must always give the same bytes."""
_SHOWN = 3
_ALIKE = 0.9
_LOG = logging.getLogger("evalkit")


@dataclass(frozen=True)
class Difference:
    """How a state dict differs from the one expected: keys, and for `reshaped` what was found and expected."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.reshaped)

    def __str__(self) -> str:
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": self.reshaped}
        return "; ".join(f"{len(keys)} {kind} ({_few(keys)})" for kind, keys in kinds.items() if keys)


def import_file(networks: Networks, path: Path) -> Path:
    """Convert an official file to safetensors in the cache folder and return its path.

    Of a folder that holds several variants each is converted; the path is that of the first, the others are noted.

    Raises `MethodError` for whatever is not a complete checkpoint of the method.
    """
    if (converted := _converted_variant(networks, path)) is not None:
        found = {converted: _read_converted(networks, path, converted)}
    else:
        found = {name: _as_expected(networks, name, state) for name, state in matches(networks, path).items()}
    written = {variant: _write(networks, variant, state, path) for variant, state in found.items()}
    first, *others = written
    for other in others:
        _LOG.warning("%s: %s is imported too, as %s", path, other, written[other])
    return written[first]


def _write(networks: Networks, variant: str, state: State, official: Path) -> Path:
    output = networks.installed(variant)
    digest = content_sha256(official)
    facts = {"format": FORMAT, "method": networks.method, "variant": variant, "official_sha256": digest}
    with atomic_path(output) as temporary:
        save_file(state, temporary, {_FACTS: json.dumps(facts)})
    return output


def read_any(networks: Networks, path: Path, wanted: str | None = None) -> tuple[str, State]:
    """Variant and state dict of a converted or official checkpoint, that of `wanted` if it is there.

    Raises `MethodError`.
    """
    if (converted := _converted_variant(networks, path)) is not None:
        return converted, _read_converted(networks, path, converted)
    found = matches(networks, path, wanted)
    variant = wanted if wanted in found else next(iter(found))
    return variant, _as_expected(networks, variant, found[variant])


def _as_expected(networks: Networks, variant: str, state: State) -> State:
    expected = networks.expected(variant)
    return {key: value.to(expected[key][1]).clone() for key, value in state.items()}


def matches(networks: Networks, path: Path, wanted: str | None = None) -> dict[str, State]:
    """Every variant in an official checkpoint, with its tensors as they are stored; at least one.

    Raises `MethodError` when none fits, and when several files fit one variant: the one `wanted`, else any.
    """
    if networks.assemble is not None:
        return dict([_assembled(networks, path)])
    files = read_official(path)
    collected = {variant: collect(networks, files, variant) for variant in networks.variants}
    fitting = {
        variant: found
        for variant, found in collected.items()
        if not compare(networks, found.state, networks.expected(variant))
    }
    if not fitting:
        raise MethodError(_explain(networks, path, files))
    for variant, found in fitting.items():
        if found.rivals and wanted in (None, variant):
            raise MethodError(_undecided(networks, path, found.rivals))
    return {variant: found.state for variant, found in fitting.items()}


def _undecided(networks: Networks, path: Path, rivals: Sequence[str]) -> str:
    names = [name.removeprefix(f"{path}").lstrip("/: ") for name in rivals]
    return (
        f"{path}: {', '.join(names[:-1])} and {names[-1]} are all checkpoints of {networks.method}, and nothing says "
        f"which is meant. Give one of them (`evalkit methods import {networks.method} FILE`, or `--checkpoint FILE` of "
        "`evalkit run`), or leave the others out of the folder."
    )


def _assembled(networks: Networks, path: Path) -> tuple[str, State]:
    variant = next(iter(networks.variants))
    expected = networks.expected(variant)
    assert networks.assemble is not None
    state = networks.assemble(path, expected)
    if difference := compare(networks, state, expected):
        raise MethodError(f"{path}: keys do not fit {networks.method}: {difference}.")
    return variant, state


def default_file(networks: Networks, config: MethodConfig) -> Path:
    """The file for the options of `config`. Raises `MethodError`, which says how to get one, if it is missing."""
    variant = networks.variant(config)
    if (path := networks.here(variant)) is None:
        which = f" ({variant})" if len(networks.variants) > 1 else ""
        raise MethodError(f"{networks.method}{which} has no weights here. {how_to_get(networks, variant)}")
    return path


def status(networks: Networks, checkpoint: Path | None) -> list[CheckpointStatus]:
    """What `check` shows; see `evalkit.method.checkpoints.Checkpoints`."""
    needed = [_needed_status(name) for name in networks.needs]
    if checkpoint is None:
        return [*(_installed_status(networks, variant) for variant in networks.variants), *needed]
    try:
        return [CheckpointStatus(read_any(networks, checkpoint)[0], checkpoint, "ready"), *needed]
    except MethodError as error:
        return [CheckpointStatus("", checkpoint, "unusable", str(error)), *needed]


def compare(networks: Networks, state: Mapping[str, Tensor], expected: Expected) -> Difference:
    """Keys and shapes against those expected; optional parts may be absent as a whole."""
    absent = [part.name for part in networks.parts if part.optional and not _keys_of(part, state)]
    wanted = {key: shape for key, (shape, _) in expected.items() if key.split(".")[0] not in absent}
    shared = [key for key in wanted if key in state]
    return Difference(
        tuple(key for key in wanted if key not in state),
        tuple(key for key in state if key not in wanted),
        tuple(
            f"{key} {list(state[key].shape)}, expected {list(wanted[key])}"
            for key in shared
            if tuple(state[key].shape) != wanted[key]
        ),
    )


def how_to_get(networks: Networks, variant: str) -> str:
    """How to get a missing variant, in a sentence."""
    files = " and ".join(networks.files)
    which = f" ({variant})" if len(networks.variants) > 1 else ""
    return (
        f"Get {files} from the authors (`evalkit methods show {networks.method}` says where), then: "
        f"evalkit methods import {networks.method} FILE{which}. --random-weights runs without."
    )


def all_networks() -> Iterator[Networks]:
    """The networks of every native method that comes with evalkit."""
    folder = Path(__file__).resolve().parents[2]
    for adapter in sorted(folder.glob("*/adapter.py")):
        found = getattr(importlib.import_module(f"baselines.{adapter.parent.name}.adapter"), "NETWORKS", None)
        if isinstance(found, Networks):
            yield found


def _read_converted(networks: Networks, path: Path, variant: str) -> State:
    with safe_open(path, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    if difference := compare(networks, state, networks.expected(variant)):
        raise MethodError(f"{path}: keys do not fit {networks.method} ({variant}): {difference}.")
    return state


def _converted_variant(networks: Networks, path: Path) -> str | None:
    """The variant in a file of `import_file`; None for a file that somebody else wrote.

    Raises `MethodError` for a file of another version or method, and for a damaged one.
    """
    if path.suffix != SAFETENSORS or not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise MethodError(f"{path}: not a whole safetensors file ({error}). Import the official file again.") from error
    facts: dict[str, str] = {}
    with contextlib.suppress(ValueError, KeyError):
        facts = json.loads(metadata[_FACTS])
    written = str(facts.get("format", metadata.get("format", "")))
    if not written.startswith(_FORMATS):
        return None
    if written != FORMAT:
        raise MethodError(f"{path}: written by another version of evalkit ({written}). Import the official file again.")
    if facts["method"] != networks.method or facts["variant"] not in networks.variants:
        raise MethodError(f"{path}: holds {facts['method']} ({facts['variant']}), not {networks.method}.")
    return facts["variant"]


def _installed_status(networks: Networks, variant: str) -> CheckpointStatus:
    path = networks.here(variant)
    if path is None:
        return CheckpointStatus(variant, None, "absent", how_to_get(networks, variant))
    try:
        if _converted_variant(networks, path) != variant:
            raise MethodError(f"{path}: not the variant {variant}. Import the official file again.")
        _read_converted(networks, path, variant)
    except MethodError as error:
        return CheckpointStatus(variant, path, "unusable", str(error))
    return CheckpointStatus(variant, path, "ready")


def _needed_status(name: str) -> CheckpointStatus:
    try:
        return CheckpointStatus(name, weights.locate(name), "ready", needed=True)
    except WeightsError as error:
        return CheckpointStatus(name, None, "absent", str(error), needed=True)


def _keys_of(part: Part, state: Mapping[str, Tensor]) -> list[str]:
    return [key for key in state if key.startswith(f"{part.name}.")]


def _explain(networks: Networks, path: Path, files: Sequence[OfficialFile]) -> str:
    """Why the files are no checkpoint of the method, in the order of what helps most."""
    states = {variant: collect(networks, files, variant).state for variant in networks.variants}
    entries = sorted({str(key) for file in files for key in file.content if not _is_weight(file, str(key))})
    if not any(states.values()) and any(key.startswith("optim") or key.endswith("_optim") for key in entries):
        return (
            f"{path}: holds the state of a training ({_few(entries)}) and no network of {networks.method}. "
            f"Use {' and '.join(networks.files)}."
        )
    if (other := _looks_like(networks, files)) is not None:
        return (
            f"{path}: looks like a checkpoint of {other}, not of {networks.method}. "
            f"Use: evalkit methods import {other.split()[0]} {path}"
        )
    absent = [
        part.name
        for part in networks.parts
        if not part.optional and not any(_keys_of(part, state) for state in states.values())
    ]
    if absent:
        if len(absent) == 1 and (other := alike(networks, files, absent[0])):
            return (
                f"{path}: holds no {absent[0]} of {networks.method}, which the official code runs, but an entry "
                f"{other!r} of the same shapes. To use that one, save it alone: torch.save(content[{other!r}], FILE)."
            )
        return (
            f"{path}: holds no {' and no '.join(absent)} of {networks.method} (found: {_few(entries) or 'tensors'}). "
            f"Needed: {' and '.join(networks.files)}; several files go into one folder or zip."
        )
    return f"{path}: keys do not fit {networks.method}: {_nearest(networks, states)}."


def _nearest(networks: Networks, states: Mapping[str, State]) -> str:
    differences = {name: compare(networks, state, networks.expected(name)) for name, state in states.items()}
    counts = {name: len(d.missing) + len(d.unexpected) + len(d.reshaped) for name, d in differences.items()}
    best = min(counts, key=lambda name: counts[name])
    which = f"nearest is {best}; " if len(differences) > 1 else ""
    return f"{which}{differences[best]}"


def _looks_like(networks: Networks, files: Sequence[OfficialFile]) -> str | None:
    """Another method most of whose required keys and shapes are in the files."""
    shares: dict[str, float] = {}
    for other in all_networks():
        if other.method == networks.method or other.assemble is not None:
            continue
        for variant in other.variants:
            expected = other.expected(variant)
            state = collect(other, files, variant).state
            fitting = sum(tuple(state[key].shape) == shape for key, (shape, _) in expected.items() if key in state)
            name = f"{other.method} ({variant})" if len(other.variants) > 1 else other.method
            shares[name] = min(fitting / len(_required(other, expected)), 1 - (len(state) - fitting) / len(expected))
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] > _ALIKE else None


def _required(networks: Networks, expected: Expected) -> list[str]:
    optional = {part.name for part in networks.parts if part.optional}
    return [key for key in expected if key.split(".")[0] not in optional]


def _is_weight(file: OfficialFile, key: str) -> bool:
    return isinstance(file.content.get(key), Tensor)


def _few(names: Sequence[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
