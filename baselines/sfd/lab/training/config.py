"""Configuration of a training: YAML in, checked, and compared with that of a checkpoint."""

from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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
        identity_of: the features of a source are those of its own `image`, as the paper says, or the mean over a few
            frames of its `clip`, which are fewer to compute. An image without a face is no source.
        identity_frames: of a clip, for `identity_of: clip`.
        identity_centred: less the mean over all clips, for networks whose embeddings of strangers have a cosine far
            from zero, as dlib's.
    """

    frames_per_clip: int = Field(default=32, ge=2)
    held_out: int = Field(default=4, ge=0)
    first_people: int = Field(default=2, ge=2)
    double_people: int = Field(default=0, ge=0)
    same_identity: float = Field(default=0.5, ge=0, le=1)
    flip: bool = True
    recolour: float = Field(default=0, ge=0, le=1)
    doubled: float = Field(default=0, ge=0, le=1)
    identity_network: str = "arcface"
    identity_of: Literal["image", "clip"] = "image"
    identity_frames: int = Field(default=3, ge=1)
    identity_centred: bool = False


class Start(_Strict):
    """The networks before the first step.

    Attributes:
        still: flows of zero, which leave the source as it is; LIA's random ones scramble it.
        mask: of the last scale then, before its sigmoid. Masks add up over the scales, so the others stay as they are.
    """

    still: bool = False
    mask: float = 2.0


class Optimiser(_Strict):
    """Adam, for the generator side and for the discriminator.

    The defaults are what LIA's trainer makes of its rate of 0.002 and betas of 0 and 0.99: rates times 4/5 and 16/17,
    betas to these powers.

    Attributes:
        cool_down: steps at the end of a training, counted back from its `steps`, in which both rates fall linearly.
    """

    rate: float = 0.002 * 4 / 5
    discriminator_rate: float = 0.002 * 16 / 17
    betas: tuple[float, float] = (0.0, 0.99 ** (4 / 5))
    discriminator_betas: tuple[float, float] = (0.0, 0.99 ** (16 / 17))
    cool_down: int = Field(default=0, ge=0)


class Adversary(_Strict):
    """The discriminator.

    Attributes:
        widths: channels per resolution.
        deviation: images among which StyleGAN2's minibatch deviation is taken, in front of the head that LIA has. 0:
            one convolution reads the logit off, without it.
        every: it plays at every so manieth step, with its full weight there.
        start: first step at which it plays.
        penalty: weight of R1, times one half; 0 for none.
        penalty_every: at every so manieth of its own steps; the weight is not multiplied by it.
    """

    widths: Widths = Widths()
    deviation: int = Field(default=4, ge=0)
    every: int = Field(default=1, ge=1)
    start: int = 0
    penalty: float = 0.0
    penalty_every: int = Field(default=16, ge=1)


class Perception(_Strict):
    """The perceptual loss; the defaults are LIA's.

    Attributes:
        network: whose rectified maps are compared.
        stages: how many of them, from the first.
        scales: of the image side.
        shrink: by a Gaussian in front of every so manieth pixel, or by means over areas.
        clamp: images to [-1, 1] first.
        each: weight of a map's mean absolute difference.
        reduce: over maps of all scales.
    """

    network: Literal["vgg19", "vgg16", "squeezenet"] = "vgg19"
    stages: int = Field(default=5, ge=1)
    scales: tuple[float, ...] = (1.0, 0.5, 0.25, 0.125)
    shrink: Literal["gaussian", "area"] = "gaussian"
    clamp: bool = True
    each: float = 10
    reduce: Literal["sum", "mean"] = "sum"


LEAST_SIDE = {"vgg19": 16, "vgg16": 16, "squeezenet": 32}
"""Pixels that all of a network's stages need."""


class Regression(_Strict):
    """The latent regression of eq. 6; the defaults are as it is written.

    Attributes:
        reduce: over the elements of a descriptor: `sum` is the L1 norm.
        frozen: descriptors of source and driving frame are constants in it, and the encoder that reads the generated
            image does not learn from it: it can satisfy the loss by overlooking motion.
    """

    reduce: Literal["sum", "mean"] = "sum"
    frozen: bool = False


class Heads(_Strict):
    """Networks that judge descriptors.

    Attributes:
        eraser_width: of both hidden layers of the paper's "3-layer MLP".
        classifier_layers: linear layers of C_id, of the descriptor's width but for the last.
    """

    eraser_width: int = Field(default=256, ge=1)
    classifier_layers: int = Field(default=1, ge=1)


class Config(_Strict):
    """All of a training. Two trainings with equal configuration, data and seed take the same steps.

    Where the paper says nothing, defaults are those of its stated base, LIA.

    Attributes:
        reconstruction_scale: of the mean absolute difference of images in [-1, 1]; 127.5 counts 8-bit levels.
        similarity_epsilon: of eq. 3, "a small constant".
        painting: weight of the reconstruction loss of the image that is painted behind the warped source
            (`Shape.warp_source`). It is not in the paper; without it that image learns only where the mask is closed.
        all_pairs: similarities (eq. 3) are those of all pairs of a batch, not of the paper's B / 2 pairs.
        motion_first: steps in which only the reconstruction loss plays, until motion is found. Perceptual features are
            alike only where the motion is nearly right, and descriptors that say nothing satisfy the losses on
            descriptors.
        ramp: steps after that in which the losses on descriptors grow to their full weight.
        batch: pairs of a step, over all processes.
        at_once: of these, what a process computes at a time, at most. Where it takes its share of a step in several
            parts, similarities are compared within a part of all processes.
        average: decay of the running average of the weights, which is what is exported; 0 exports the last ones.
        init: sha256 of the weight file that the training begins with; "" for random weights. `--init` sets it.
    """

    stage: Stage = "sem"
    shape: Shape = Shape()
    weights: Weights = Weights()
    data: Data = Data()
    start: Start = Start()
    optimiser: Optimiser = Optimiser()
    adversary: Adversary = Adversary()
    perception: Perception = Perception()
    regression: Regression = Regression()
    heads: Heads = Heads()
    reconstruction_scale: float = 1.0
    similarity_epsilon: float = 1e-8
    painting: float = Field(default=0, ge=0)
    all_pairs: bool = False
    motion_first: int = Field(default=0, ge=0)
    ramp: int = Field(default=0, ge=0)
    batch: int = Field(default=8, ge=2, multiple_of=2)
    at_once: int = Field(default=8, ge=2, multiple_of=2)
    precision: Literal["fp32", "bf16"] = "fp32"
    average: float = Field(default=0.999, ge=0, lt=1)
    steps: int = Field(default=100_000, ge=1)
    seed: int = 0
    init: str = ""

    @model_validator(mode="after")
    def _networks_can_look_at_the_smallest_images(self) -> Self:
        side, least = int(self.shape.size * min(self.perception.scales)), LEAST_SIDE[self.perception.network]
        if side < least:
            raise ValueError(
                f"perception.scales: the smallest image has {side} pixels; {self.perception.network} needs {least}"
            )
        return self

    def at_stage(self, stage: Stage) -> "Config":
        """This configuration as a row of the ablation."""
        off = dict.fromkeys(STAGES[stage], 0.0)
        shape = self.shape.as_baseline() if stage == "baseline" else self.shape
        weights = self.weights.model_copy(update=off)
        return self.model_copy(update={"stage": stage, "weights": weights, "shape": shape})

    def parts(self, processes: int) -> int:
        """In how many parts each of so many processes takes its share of a step.

        Raises `MethodError` where the batch cannot be shared.
        """
        pairs_of_pairs, left = divmod(self.batch, 2 * processes)
        if left:
            raise MethodError(
                f"batch: {self.batch} pairs of a step cannot be shared among {processes} processes; expected a "
                f"multiple of {2 * processes}. Use another number of processes, which changes no result."
            )
        most = self.at_once // 2
        shares = (parts for parts in range(1, pairs_of_pairs + 1) if pairs_of_pairs % parts == 0)
        return next(parts for parts in shares if pairs_of_pairs // parts <= most)

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
    """The shipped configuration called `name`, or a YAML file. Raises `MethodError`.

    What a file does not say is as in the one its key `like` names, which may be a shipped one or a file.
    """
    try:
        return Config.model_validate(_read(name, ()))
    except (OSError, UnicodeDecodeError, ValidationError, yaml.YAMLError) as error:
        raise MethodError(f"--config {name}: {error}") from error


def _read(name: str, inside: tuple[str, ...]) -> dict[str, Any]:
    path = Path(name)
    if name in shipped_configs():
        path = Path(str(resources.files("baselines.sfd.lab") / "configs" / f"{name}.yaml"))
    elif path.suffix not in (".yaml", ".yml") or not path.is_file():
        raise MethodError(f"--config {name}: expected a YAML file or one of {', '.join(shipped_configs())}.")
    if name in inside:
        raise MethodError(f"--config {inside[0]}: {' is like '.join((*inside, name))}, which has no beginning.")
    content = read_yaml(path) or {}
    if not isinstance(content, dict):
        raise MethodError(f"--config {name}: expected keys and values, got {type(content).__name__}.")
    like = content.pop("like", None)
    return merged(_read(str(like), (*inside, name)), content) if like else content


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes`, which may lie deeper."""
    both = base | changes
    for key in base.keys() & changes.keys():
        if isinstance(base[key], dict) and isinstance(changes[key], dict):
            both[key] = merged(base[key], changes[key])
    return both


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
