"""Weight files of SFD: networks and the shape they have in one safetensors file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from baselines.sfd.model import SFD
from baselines.sfd.shape import Shape
from evalkit.base.files import atomic_path
from evalkit.errors import MethodError

FORMAT = "sfd-weights-1"
TRAINING = "sfd-training-1"
AVERAGE = "average."
"""Where a training's checkpoint holds the weights that are exported."""
PROVENANCE = ("config", "step", "seconds", "data", "split", "erased")
"""Facts of a training that go on into the files made from it."""
_FACTS = "sfd"
_SHOWN = 3

State = dict[str, Tensor]


def write_file(path: Path, state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and facts about them, atomically; the same content always gives the same bytes.

    Raises `OSError` or `SafetensorError` when it cannot be written.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {_FACTS: json.dumps(facts, sort_keys=True)})


def read_file(path: Path) -> tuple[dict[str, Any], State]:
    """Facts and tensors of a file of `write_file`. Raises `MethodError` for any other file."""
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get(_FACTS, "{}"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError, ValueError) as error:
        raise MethodError(f"{path}: not a whole safetensors file of sfd ({error}).") from error
    if facts.get("format") not in (FORMAT, TRAINING):
        raise MethodError(f"{path}: expected weights or a training checkpoint of sfd, found another safetensors file.")
    return facts, state


def write_weights(path: Path, model: SFD, about: Mapping[str, Any]) -> None:
    """Write the weights of a model. `about` says where they come from; see `export`."""
    write_file(path, model.state_dict(), {"format": FORMAT, "shape": model.shape.model_dump(mode="json"), **about})


def read_weights(path: Path) -> tuple[Shape, State]:
    """Shape and state dict of a weight file, or the averaged ones of a training's checkpoint. Raises `MethodError`."""
    facts, state = read_file(path)
    try:
        if facts["format"] == TRAINING:
            shape = Shape.model_validate(facts["config"]["shape"])
            return shape, {name.removeprefix(AVERAGE): v for name, v in state.items() if name.startswith(AVERAGE)}
        return Shape.model_validate(facts["shape"]), state
    except (KeyError, ValidationError) as error:
        raise MethodError(f"{path}: does not say which networks it holds ({error}). Export it again.") from error


def load_model(path: Path) -> SFD:
    """The model in a weight file or checkpoint, on the CPU. Raises `MethodError`."""
    shape, state = read_weights(path)
    model = SFD(shape)
    wanted = {name: value.shape for name, value in model.state_dict().items()}
    wrong = sorted(
        name for name in wanted.keys() | state.keys() if name not in state or wanted.get(name) != state[name].shape
    )
    if wrong:
        raise MethodError(f"{path}: {len(wrong)} tensors do not fit its shape: {', '.join(wrong[:_SHOWN])}.")
    model.load_state_dict(state)
    return model
