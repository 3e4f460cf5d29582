"""Configuration of a training: YAML in, checked, and compared with that of a checkpoint."""

from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baselines._shared.stylegan.encoder import Widths
from baselines.sfd.shape import Shape
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import MethodError

Stage = Literal["baseline", "subs", "dec", "sem"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weights(_Strict):
    """Weights of the losses, eq. 8; the defaults are the paper's."""

    reconstruction: float = 1
    perceptual: float = 1
    adversarial: float = 1
    similarity: float = 2
    eraser: float = 0.04
    regression: float = 1
    classifier: float = 0.05


STAGES: dict[Stage, tuple[str, ...]] = {
    "baseline": ("similarity", "eraser", "regression", "classifier"),
    "subs": ("similarity", "eraser", "regression", "classifier"),
    "dec": ("regression", "classifier"),
    "sem": (),
}
"""Rows of the paper's Table III -> losses they leave out. The baseline has no identity subspace besides."""


class Data(_Strict):
    """What is trained on.

    Attributes:
        frames_per_clip: frames taken from a clip, evenly spaced.
        held_out: identities kept for validation, the last ones in order of name.
        first_people: training begins with so many identities, in order of name.
        double_people: their number doubles every so many steps; 0: all from the start. With few people motion is found
            in the first hundred steps, with many it takes thousands.
        same_identity: share of the pairs of eq. 3 that show one identity.
        flip: mirror source and driving frame together, half of the time.
        recolour: how far the colours of the driving frame are changed that the encoder reads motion off
            (`baselines.sfd.lab.training.recolour`), from 0 to 1.
        doubled: share of the pairs, of those that can, whose motion is read off a double, another person who makes the
            same motion (`baselines.sfd.lab.training.doubles`). It is not in the paper.
        identity_network: id of the extractor whose embeddings are the identity features of eq. 3.
        identity_frames: frames of a clip it looks at; their mean stands for the clip.
    """

    frames_per_clip: int = Field(default=32, ge=2)
    held_out: int = Field(default=4, ge=0)
    first_people: int = Field(default=2, ge=2)
    double_people: int = Field(default=0, ge=0)
    same_identity: float = Field(default=0.5, ge=0, le=1)
    flip: bool = True
    recolour: float = Field(default=0, ge=0, le=1)
    doubled: float = Field(default=0, ge=0, le=1)
    identity_network: str = "dlib128"
    identity_frames: int = Field(default=3, ge=1)


class Optimiser(_Strict):
    """Adam, for the generator side and for the discriminator.

    Attributes:
        cool_down: steps at the end of a training, counted back from its `steps`, in which both rates fall linearly.
    """

    rate: float = 2e-3
    discriminator_rate: float = 2e-3
    betas: tuple[float, float] = (0.0, 0.99)
    cool_down: int = Field(default=0, ge=0)


class Adversary(_Strict):
    """The discriminator.

    Attributes:
        widths: channels per resolution.
        every: it plays at every so manieth step, with its full weight there.
        start: first step at which it plays.
        penalty: weight of R1, times one half; 0 for none.
        penalty_every: at every so manieth of its own steps.
    """

    widths: Widths = Widths()
    every: int = Field(default=1, ge=1)
    start: int = 0
    penalty: float = 10.0
    penalty_every: int = Field(default=16, ge=1)


class Perception(_Strict):
    """Network of the perceptual loss, and at which sizes it looks."""

    network: Literal["vgg16", "squeezenet"] = "vgg16"
    scales: tuple[float, ...] = (1.0, 0.5, 0.25)
    stages: int = Field(default=5, ge=1)


class Config(_Strict):
    """All of a training. Two trainings with equal configuration, data and seed take the same steps.

    Attributes:
        painting: weight of the reconstruction loss of the image that is painted behind the warped source
            (`Shape.warp_source`). It is not in the paper; without it that image learns only where the mask is closed.
        all_pairs: similarities (eq. 3) are those of all pairs of a batch, not of the paper's B / 2 pairs.
        motion_first: steps in which only the reconstruction loss plays, until motion is found. Perceptual features are
            alike only where the motion is nearly right, and descriptors that say nothing satisfy the losses on
            descriptors.
        ramp: steps after that in which the losses on descriptors grow to their full weight.
        crossed: share of the pairs whose motion is read off another person's face
            (`baselines.sfd.lab.training.crossing`). It is not in the paper. Before motion is found there is nothing to
            be read.
        batch: pairs per process and part of a step.
        accumulate: parts of a step.
        average: decay of the running average of the weights, which is what is exported.
        init: sha256 of the weight file that the training begins with; "" for random weights. `--init` sets it.
    """

    stage: Stage = "sem"
    shape: Shape = Shape()
    weights: Weights = Weights()
    data: Data = Data()
    optimiser: Optimiser = Optimiser()
    adversary: Adversary = Adversary()
    perception: Perception = Perception()
    painting: float = Field(default=0, ge=0)
    all_pairs: bool = False
    motion_first: int = Field(default=0, ge=0)
    ramp: int = Field(default=0, ge=0)
    crossed: float = Field(default=0, ge=0, le=1)
    batch: int = Field(default=8, ge=2, multiple_of=2)
    accumulate: int = Field(default=1, ge=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    average: float = Field(default=0.999, ge=0, lt=1)
    steps: int = Field(default=100_000, ge=1)
    seed: int = 0
    init: str = ""

    def at_stage(self, stage: Stage) -> "Config":
        """This configuration as a row of the ablation."""
        off = dict.fromkeys(STAGES[stage], 0.0)
        shape = self.shape.as_baseline() if stage == "baseline" else self.shape
        weights = self.weights.model_copy(update=off)
        return self.model_copy(update={"stage": stage, "weights": weights, "shape": shape})

    def descriptor_weight(self, step: int) -> float:
        """Share of their weights with which the losses on descriptors play at a step, from 0 to 1."""
        since = step - self.motion_first
        return 0.0 if since < 0 else min(1.0, (since + 1) / (self.ramp + 1))

    def rate_share(self, step: int) -> float:
        """Share of the learning rates that a step is taken with, from 1 down to 1 / cool_down at the last one."""
        left, cool_down = self.steps - step, self.optimiser.cool_down
        return left / cool_down if left < cool_down else 1.0

    def people(self, step: int, all_of_them: int) -> int:
        """How many identities a step draws from."""
        if not self.data.double_people:
            return all_of_them
        return min(all_of_them, int(self.data.first_people * 2 ** (step / self.data.double_people)))


def shipped_configs() -> list[str]:
    """Names of the configurations that come with SFD."""
    folder = resources.files("baselines.sfd.lab") / "configs"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def read_config(name: str) -> Config:
    """The shipped configuration called `name`, or a YAML file. Raises `MethodError`."""
    path = Path(name)
    if name in shipped_configs():
        path = Path(str(resources.files("baselines.sfd.lab") / "configs" / f"{name}.yaml"))
    elif path.suffix not in (".yaml", ".yml") or not path.is_file():
        raise MethodError(f"--config {name}: expected a YAML file or one of {', '.join(shipped_configs())}.")
    try:
        return Config.model_validate(read_yaml(path) or {})
    except (OSError, UnicodeDecodeError, ValidationError, yaml.YAMLError) as error:
        raise MethodError(f"--config {name}: {error}") from error


def differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Lines "key: old -> new" for every value in which two configurations differ."""
    lines = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            lines += differences(before, after, f"{prefix}{key}.")
        elif before != after:
            lines.append(f"{prefix}{key}: {before} -> {after}")
    return lines
