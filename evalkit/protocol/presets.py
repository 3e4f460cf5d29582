"""Presets: how a paper measured, as far as its public text and code say, and each point that they do not say.

A preset is `protocols/as/<id>.yaml`. Put on a protocol (`schema.following`) it sets rules, metrics and averaging; which
clips and pairs there are stays the protocol's.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from evalkit.base.places import resource_dir
from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.protocol.rules import Averaging, DrivingRule, NoFace, RealSet, Size, SourceRule, Strict
from evalkit.types import Motion, Rgb, Task


class Settings(Strict):
    """Keys of a protocol that a preset may set; a key that is absent stays the protocol's."""

    source: SourceRule | None = None
    driving: DrivingRule | None = None
    motion: Motion | None = None
    resolution: Size | None = None
    rgb: Rgb | None = None
    real_set: RealSet | None = None
    averaging: Averaging | None = None
    no_face: NoFace | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The keys that are set, with their values as a protocol has them."""
        return {name: value for name in sorted(self.model_fields_set) if (value := getattr(self, name)) is not None}


class TaskPreset(Strict):
    """How a paper measured one task.

    `metrics` are evalkit's variants of its columns, in the paper's order. `unsaid` are points that public text and code
    leave open, each with what is done here. `absent` are numbers of the paper that evalkit has no metric for, each with
    the reason.
    """

    settings: Settings = Settings()
    metrics: tuple[str, ...] = Field(min_length=1)
    unsaid: tuple[str, ...] = Field(min_length=1)
    absent: Mapping[str, str] = Field(default_factory=dict)

    @property
    def points(self) -> tuple[str, ...]:
        """What a reader of the numbers has to know: what was not said, and what is not measured."""
        return (
            *self.unsaid,
            *(f"{name} is reported and not measured here: {why}" for name, why in self.absent.items()),
        )


class Preset(Strict):
    """How a paper, or the papers that share a test set, measured.

    `basis` says what the preset was made from. `protocols` are those of evalkit that are about the same data. A task
    that the paper has no numbers for is named in `without`, with the reason.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")
    title: str
    paper: str
    basis: str
    protocols: tuple[str, ...] = ()
    self_reenactment: TaskPreset | None = None
    cross_reenactment: TaskPreset | None = None
    without: Mapping[Task, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_task_is_spoken_of(self) -> "Preset":
        tasks = {"self_reenactment": self.self_reenactment, "cross_reenactment": self.cross_reenactment}
        for name, task in tasks.items():
            if (task is None) != (name in self.without):
                raise ValueError(f"{name} belongs either into the content or, with the reason, into 'without'")
        return self

    def of(self, task: Task) -> TaskPreset:
        """What it says of a task. Raises `ProtocolError` for one that the paper has no numbers for."""
        found = self.self_reenactment if task == "self_reenactment" else self.cross_reenactment
        if found is None:
            raise ProtocolError(
                f"--as {self.id}: {self.title} has no numbers for {task.replace('_', '-')}: {self.without[task]}"
            )
        return found


def preset_names() -> list[str]:
    """Ids of all presets that come with evalkit."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def list_presets() -> list[Preset]:
    """All presets that come with evalkit, by id."""
    return [find_preset(name) for name in preset_names()]


@cache
def find_preset(name: str) -> Preset:
    """The preset called `name`. Raises `UnknownNameError` or `ProtocolError`."""
    path = _folder() / f"{name}.yaml"
    if not path.is_file():
        raise UnknownNameError("preset", name, preset_names())
    return read_preset(path)


def read_preset(path: Path) -> Preset:
    """Read and validate one YAML file; its id is its file name. Raises `ProtocolError`."""
    try:
        preset = Preset.model_validate(read_yaml(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProtocolError(f"{path}: cannot be read as YAML: {error}") from error
    except ValidationError as error:
        raise ProtocolError(explain_invalid(path, error, Preset)) from error
    if preset.id != path.stem:
        raise ProtocolError(f"{path}: the id is {preset.id!r}, expected {path.stem!r} as in the file name")
    return preset


def _folder() -> Path:
    return resource_dir("protocols") / "as"
