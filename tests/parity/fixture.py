"""Reading a parity fixture: a folder with `config.json`, `io.npz` and the weights of a reduced official network."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from tests.parity.recipe import Recipe, RecipeError, draw_missing


class FixtureError(Exception):
    """The fixture cannot be read, or asks for a network that we do not build. The text is one sentence for a user."""


@dataclass(frozen=True)
class Fixture:
    """One fixture folder in memory.

    Attributes:
        folder: where it lies.
        config: `config.json`.
        io: `io.npz`, inputs and outputs of the official network by name.
    """

    folder: Path
    config: dict[str, Any]
    io: dict[str, np.ndarray]

    def module_config(self, name: str) -> dict[str, Any]:
        """Entry `name` of `config["modules"]`.

        Raises:
            FixtureError: there is no such entry.
        """
        modules = self.config.get("modules")
        if not isinstance(modules, dict) or not isinstance(modules.get(name), dict):
            raise FixtureError(f"{self.folder / 'config.json'}: no module named {name!r}")
        found: dict[str, Any] = modules[name]
        return found

    def tensor(self, name: str) -> Tensor:
        """Array `name` of `io.npz` as a tensor of the same shape and dtype.

        Raises:
            FixtureError: there is no such array.
        """
        if name not in self.io:
            raise FixtureError(f"{self.folder / 'io.npz'}: no array named {name!r}")
        return torch.from_numpy(self.io[name])

    def fill(self, module: nn.Module, name: str, recipe: Recipe | None = None) -> None:
        """Load the weights of module `name` and switch to eval mode.

        Entries found in `weights.safetensors` as `<name>.<key>` are taken from there; the others are drawn by the
        recipe of `config.json` and checked against its sha256 list where it has one.

        Args:
            module: network on the CPU with the official state-dict keys.
            name: official module name.
            recipe: use this recipe alone and ignore stored weights (a second, full-size set in the same folder).

        Raises:
            FixtureError: a weight is missing, unexpected, of another shape, or differs from its checksum.
        """
        stored = {} if recipe else self._stored(name)
        try:
            rule = recipe or (Recipe.from_config(self.config["recipe"]) if "recipe" in self.config else None)
            self._check_keys(module, name, stored, complete=rule is None)
            state = dict(stored) if rule is None else draw_missing(module, name, rule, stored)
        except RecipeError as error:
            raise FixtureError(f"{self.folder / 'config.json'}: {error}") from error
        if recipe is None:
            self._check_drawn(name, {key: value for key, value in state.items() if key not in stored})
        module.load_state_dict(state, strict=True)
        module.eval()

    def _stored(self, name: str) -> dict[str, Tensor]:
        path = self.folder / "weights.safetensors"
        if not path.is_file():
            if str(self.config.get("weights", "stored")).startswith("stored"):
                raise FixtureError(f"{path}: not found, though config.json says the weights are stored")
            return {}
        try:
            tensors = load_file(str(path))
        except (OSError, SafetensorError, ValueError) as error:
            raise FixtureError(f"{path}: cannot be read ({error})") from error
        prefix = name + "."
        return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}

    def _check_keys(self, module: nn.Module, name: str, stored: dict[str, Tensor], complete: bool) -> None:
        current = module.state_dict()
        problems = [f"{key} is unexpected" for key in stored if key not in current]
        problems += [f"{key} is missing" for key in current if complete and key not in stored]
        problems += [
            f"{key} has shape {tuple(value.shape)}, expected {tuple(current[key].shape)}"
            for key, value in stored.items()
            if key in current and value.shape != current[key].shape
        ]
        if problems:
            more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
            raise FixtureError(f"{self.folder}: weights of {name} do not fit: {'; '.join(problems[:3])}{more}")

    def _check_drawn(self, name: str, drawn: dict[str, Tensor]) -> None:
        known = self.config.get("recipe", {}).get("sha256_of_generated_float32_bytes", {})
        for key, value in drawn.items():
            expected = known.get(f"{name}.{key}")
            if expected and hashlib.sha256(value.contiguous().numpy().tobytes()).hexdigest() != expected:
                raise FixtureError(f"{self.folder}: the recipe does not give the stated bytes for {name}.{key}")


def load_fixture(folder: Path) -> Fixture:
    """Read `config.json` and `io.npz` of a fixture folder; weights are read when a module is filled.

    Raises:
        FixtureError: the folder or one of the two files is missing or unreadable.
    """
    if not folder.is_dir():
        raise FixtureError(f"{folder}: no such folder")
    config_path, io_path = folder / "config.json", folder / "io.npz"
    try:
        config = json.loads(config_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FixtureError(f"{config_path}: cannot be read ({error})") from error
    if not isinstance(config, dict):
        raise FixtureError(f"{config_path}: expected a JSON object, found {type(config).__name__}")
    try:
        with io_path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
            io = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FixtureError(f"{io_path}: cannot be read ({error})") from error
    return Fixture(folder=folder, config=config, io=io)
