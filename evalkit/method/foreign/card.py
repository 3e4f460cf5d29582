"""The `external` part of a method's card: how a repository is called, and how its frames are cut out of what it writes.

Texts may hold placeholders: `{clone}`, `{python}`, `{card}` (the card's folder), `{worker}` (the folder of
`evalkit_worker.py`), `{work}` (a folder of the pair),
`{source}`, `{driving}`, `{frames}` (how many are handed over), `{wanted}` (how many are needed), `{size}`, `{fps}`,
`{seed}`, `{pair}` (its id), `{name}` (plain, the same when a pair is tried again), `{fresh}` (new every time),
`{port}` (a free one), `{manifest}`, and the id of every option. Doubled braces are braces.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Positive = Annotated[int, Field(ge=1)]
Amount = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


def _relative(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        raise ValueError(f"expected a path inside the folder, got {path!r}")
    return path


Inside = Annotated[str, Field(min_length=1), AfterValidator(_relative)]
"""A path below a folder."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Part):
    """Arguments that are only given when `motion`, `device` or an option has the value stated."""

    when: dict[str, str]
    use: tuple[Text, ...]


Command = Annotated[tuple[Text | When, ...], Field(min_length=1)]
"""Program and arguments, one by one; no shell sees them."""


class Weight(_Part):
    """A file or folder that has to be in the clone, and where it comes from."""

    path: Inside
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    where: str = ""
    optional: bool = False


class SourceFile(_Part):
    """The picture that is handed over: a PNG of `size` pixels; null is the protocol's size."""

    path: Inside = "source.png"
    size: Positive | None = None


class DrivingFiles(_Part):
    """The driving frames that are handed over: a lossless MP4, with `frames` a folder of PNG files, and with `array` a
    NumPy file in shared memory, (T, H, W, 3) uint8 RGB, the sources in another one.

    `size` null is the protocol's, `fps` null the clip's. `pattern` names the pictures of a folder by their `index`,
    counted from `first_index`. A repository that loses frames gets more: `repeat_first` copies of the first frame
    before it, `repeat_last` of the last one after it, then more of the last up to `minimum` frames and a `multiple`.
    `maximum` is the most frames it can take, `sound` adds a silent AAC track that is longer than the clip.
    """

    form: Literal["video", "frames", "array"] = "video"
    path: Inside = "driving.mp4"
    size: Positive | None = None
    fps: Positive | None = None
    pattern: str = "{index:06d}.png"
    first_index: Amount = 0
    repeat_first: Amount = 0
    repeat_last: Amount = 0
    minimum: Positive = 1
    multiple: Positive = 1
    maximum: Positive | None = None
    sound: bool = False

    def handed(self, wanted: int) -> int:
        """How many frames are handed over when `wanted` are needed."""
        count = max(self.repeat_first + wanted + self.repeat_last, self.minimum)
        return -(-count // self.multiple) * self.multiple


class SettingsFile(_Part):
    """A YAML file written for the pair: `base` (a file of the clone) with keys `set` and `remove`d, or `set` alone.

    Keys may be dotted. A value that is one placeholder keeps its type, so `"{frames}"` becomes a number.
    """

    path: Inside
    base: Inside | None = None
    set: dict[str, Any] = {}
    remove: tuple[str, ...] = ()


class Step(_Part):
    """One command of a pair. It is done when something matches `makes`, whatever its exit status says.

    `exit` "any" lets a failing status pass when that is there: some repositories fail after their work is written.
    A finished step is not repeated when the pair is tried again.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    command: Command
    makes: Text | None = None
    folder: Text = "{clone}"
    env: dict[str, str] = {}
    exit: Literal["zero", "any"] = "zero"


class Tile(_Part):
    """One of `of` pictures in a row, as torchvision's `make_grid` lays them out: 2 pixels round every one."""

    index: Amount
    of: Annotated[int, Field(ge=2)]


Named = Literal["left_half", "right_half", "left_third", "middle_third", "right_third"]


class Output(_Part):
    """Where the result is, and how it is cut out.

    `path` are patterns with `*` and `**`; the first that matches counts, and of several files those that were not
    there before. `size` (width, height) is what the files must have; null accepts any. `cut` is a box (left, top,
    right, bottom), a `Tile` or a named part. The file holds a frame for every one handed over, but for `drops_first`
    at the beginning and `drops_last` at the end. `still` says that a result without any motion is no fault. `when` is
    for a card with several: the first one counts whose options, `motion` and `device` have the values stated.
    """

    when: dict[str, str] = {}
    path: Annotated[tuple[Text, ...], Field(min_length=1)]
    form: Literal["video", "frames"] = "video"
    size: tuple[Positive, Positive] | None = None
    cut: Named | Tile | tuple[int, int, int, int] | None = None
    drops_first: Amount = 0
    drops_last: Amount = 0
    still: bool = False


def _listed(outputs: Any) -> Any:
    return (outputs,) if isinstance(outputs, Mapping | Output) else outputs


Outputs = Annotated[tuple[Output, ...], BeforeValidator(_listed)]
"""One output, or several of which one is chosen."""


class Container(_Part):
    """An image to run commands in, by an engine; `arguments` go before the image's name."""

    engine: Literal["docker", "podman", "apptainer"]
    image: Text
    arguments: tuple[str, ...] = ()


class Limits(_Part):
    """Most that a pair may take: seconds, also for loading the model (`start_seconds`), and memory of all processes."""

    seconds: Seconds = 3600
    start_seconds: Seconds = 900
    memory_gb: Annotated[float, Field(gt=0)] | None = None


class Trap(_Part):
    """Something that goes wrong with this repository; with `file`, a pattern there that shows whether it will."""

    text: str
    file: Inside | None = None
    must_match: str | None = None
    must_not_match: str | None = None


class Foreign(_Part):
    """How a repository is run. `mode` "command" runs `steps` for every pair, "manifest" the only step for up to
    `pairs` of them, "worker" keeps that step's process and sends it one pair after the other.

    `commit` is the one that was checked. `python` are versions, such as ">=3.7,<3.9", `made_with` the one to make an
    environment with. `alone`: two runs in one clone would use the same scratch files, so that the second waits.
    `setup` are steps for a person, `requirements` a file of the clone that `uv` can install. `needs` says what is
    needed first: audio, landmarks, 3DMM; `required` are options that have to be given. `aligned` says whether frames
    lie on the driving ones, pixel by pixel. `fixed_seed`: it has a seed of its own.
    """

    mode: Literal["command", "manifest", "worker"] = "command"
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    python: str = ""
    made_with: Annotated[str, Field(pattern=r"^3\.\d+$")] | None = None
    entry: Inside | None = None
    alone: bool = False
    pairs: Positive = 16
    weights: tuple[Weight, ...] = ()
    source: SourceFile = SourceFile()
    driving: DrivingFiles = DrivingFiles()
    files: tuple[SettingsFile, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    output: Outputs = ()
    container: Container | None = None
    limits: Limits = Limits()
    gpu_gb: Amount = 0
    requirements: Inside | None = None
    setup: tuple[str, ...] = ()
    registration: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    aligned: bool = True
    fixed_seed: bool = False
    traps: tuple[Trap, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> "Foreign":
        if self.mode != "command" and len(self.steps) != 1:
            raise ValueError(f"mode {self.mode!r} runs one step, got {len(self.steps)}")
        if bool(self.output) == (self.mode == "worker"):
            raise ValueError("a worker answers with frames; every other mode needs `output`, which a worker has not")
        if self.output and self.output[-1].when:
            raise ValueError("the last output has to be the one without `when`, which counts when no other does")
        for output in self.output:
            if output.drops_first > self.driving.repeat_first:
                raise ValueError("drops_first frames are lost; repeat_first has to hand over as many more")
            if output.drops_last > self.driving.repeat_last:
                raise ValueError("drops_last frames are lost; repeat_last has to hand over as many more")
        for trap in self.traps:
            for pattern in filter(None, (trap.must_match, trap.must_not_match)):
                re.compile(pattern)
        return self
