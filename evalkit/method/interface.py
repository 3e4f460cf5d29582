"""What a method is to evalkit: a card that describes it and a function that animates.

A method lives in a folder with a `method.yaml` (`MethodCard`) and a Python module with a `build(config: MethodConfig)
-> Method`. `Method.animate` gets the source frames and the driving frames and yields generated frames, chunk by chunk,
one per driving frame, in order, at the size it was given. Everything a method returns is checked in `generate.py`,
never here.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from evalkit.clips import video
from evalkit.method.cost import Cost
from evalkit.method.foreign.card import Foreign
from evalkit.types import Frames, Motion, Selection


class MethodOption(BaseModel):
    """One switch of a method: its default, the values it may take (empty: any text), and what it does.

    The value of a `path` option is a file or folder, which has to be there; runs record the sha256 of what it holds.
    `path` false: the value is text, even where a file of that name lies about. Absent: runs look for one
    (`evalkit.method.option_files`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: str
    choices: tuple[str, ...] = ()
    path: bool | None = None
    help: str


def _printable(title: str) -> str:
    if not title.isprintable():
        raise ValueError(f"title: expected printable characters, got {title[:80]!r}")
    return title


class MethodCard(BaseModel):
    """`method.yaml`: what a reader of a table wants to know of a method, and where its adapter is.

    `aliases` are other names for it on the command line; results always bear the id.
    `adapter` is "module:function" inside the method's folder. `max_sources` is None when a method takes any number of
    sources. `kind` "baseline" is a method without networks, "external" one that runs in
    an environment of its own, as its `external` part says. `timed` false leaves out the speed of methods that do no
    work. `input_size` and `output_size` are the sides a network was made for; an adapter resizes to and from the
    protocol's size by a rule it states. `checkpoint` says in words where official weights come from; `weights` names
    files of `evalkit weights list` that the method uses beside its checkpoint, always or with some option. On a Ray
    cluster a worker takes the share `gpu` of a GPU and custom `resources`, such as one of the nodes that have a clone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    aliases: tuple[str, ...] = ()
    title: Annotated[str, AfterValidator(_printable)]
    description: str = ""
    paper: str = ""
    year: int | None = None
    licence: str = ""
    trained_on: tuple[str, ...] = ()
    kind: Literal["native", "baseline", "external"] = "native"
    external: Foreign | None = None
    adapter: str = Field(default="adapter:build", pattern=r"^\w+:\w+$")
    motions: tuple[Motion, ...] = ("absolute", "relative")
    max_sources: Annotated[int, Field(ge=1)] | None = 1
    timed: bool = True
    options: dict[str, MethodOption] = {}
    repository: str = ""
    checkpoint: str = ""
    weights: tuple[str, ...] = ()
    gpu: Annotated[float, Field(gt=0, le=1)] = 1.0
    resources: Mapping[str, Annotated[float, Field(gt=0)]] = {}
    input_size: int | None = None
    output_size: int | None = None
    parameters: int | None = None
    version: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _external_says_how(self) -> "MethodCard":
        if (self.kind == "external") != (self.external is not None):
            raise ValueError("a method of kind 'external' has a part `external`, and no other method has one")
        return self


@dataclass(frozen=True)
class MethodConfig:
    """What a method is built with.

    `checkpoint` is None for methods without learned weights and when the method's own default place is meant.
    `seed` is that of the method's random numbers, pair by pair, and of random weights.
    `random_weights` asks a method with networks to run with seeded random ones: right for speed, wrong for scores.
    `channels_last` uses that memory format, `compile` runs networks through torch.compile; both
    are for speed and change rounding only.
    `options` holds a value for every option of the card. What a process of its own prints is kept in `logs`.
    """

    device: str = "cpu"
    precision: Literal["fp32", "fp16", "bf16"] = "fp32"
    checkpoint: Path | None = None
    random_weights: bool = False
    seed: int = 0
    channels_last: bool = False
    compile: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    logs: Path | None = None


@dataclass
class Decoding:
    """What decoding the driving frames showed so far: the `seconds` of every chunk, so that a method's speed can leave
    them out, the selected frames `seen`, and how many there are in `total` once a method has read them all.
    """

    seconds: list[float] = field(default_factory=list)
    seen: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Driving:
    """The driving frames of one pair, decoded again at every iteration, so a method may look at them more than once.

    `selection` says which frames of the clip at `path` they are, and at which size. `anchor`, when given, comes as a
    frame of its own before the others: relative motion starts at it, and what a method makes of it is dropped.
    `decoding` is filled in on the way.
    """

    path: Path
    selection: Selection
    anchor: Path | None = None
    decoding: Decoding = field(default_factory=Decoding, compare=False)

    def __iter__(self) -> Iterator[Frames]:
        """Chunks of (t, size, size, 3) uint8 RGB in order."""
        alone = Selection(size=self.selection.size, rgb=self.selection.rgb)
        chunks = chain(video.iter_frames(self.anchor, alone) if self.anchor else (), self._counted())
        while True:
            began = time.perf_counter()
            chunk = next(chunks, None)
            self.decoding.seconds.append(time.perf_counter() - began)
            if chunk is None:
                return
            yield chunk

    def count(self) -> int:
        """How many driving frames there are, the anchor left out.

        A method that came to their end has counted them; before that they are decoded for it. Raises `VideoError`.
        """
        if self.decoding.total is None:
            self.decoding.total = video.count_frames(self.path, self.selection)
        return self.decoding.total

    def _counted(self) -> Iterator[Frames]:
        count = 0
        for chunk in video.iter_frames(self.path, self.selection):
            count += len(chunk)
            self.decoding.seen = max(self.decoding.seen, count)
            yield chunk
        self.decoding.total = count


@runtime_checkable
class Method(Protocol):
    """A method that has been built and can animate."""

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames for one pair.

        Args:
            sources: (S, size, size, 3) uint8 RGB, S >= 1 images of the person to animate.
            driving: iterable of chunks of driving frames of the same size.
            motion: "absolute" uses the driving motion as it is, "relative" its change since the first driving frame.

        Yields:
            chunks of (t, size, size, 3), uint8 RGB or float in [0, 1]; all chunks together hold exactly one frame per
            driving frame, in order.
        """
        ...


@dataclass(frozen=True)
class Job:
    """A pair before it is animated: `sources` reads the (S, size, size, 3) source frames when they are needed."""

    pair: str
    sources: Callable[[], Frames]
    driving: Driving
    size: int
    motion: Motion


@runtime_checkable
class LooksAhead(Protocol):
    """A method that wants to know which pair comes, such as one that makes several with one command."""

    def begin(self, job: Job, coming: Iterable[Job]) -> None:
        """The next `animate` is of `job`; those `coming` follow, unless they turn out to be finished already."""
        ...


@runtime_checkable
class MeasuresItself(Protocol):
    """A method whose work is done in another process, where seconds and memory have to be measured."""

    def cost(self) -> Cost | None:
        """What the last pair cost; None if it is not known."""
        ...


@runtime_checkable
class Closes(Protocol):
    """A method that holds something beyond its pairs, such as a process."""

    def close(self) -> None:
        """Let go of it. A later `animate` may take it again."""
        ...
