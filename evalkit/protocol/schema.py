"""A protocol: `protocols/<id>.yaml` plus its CSV lists, validated, with a hash that travels with every number.

Earlier versions that can still be run are files too, `protocols/<id>@<version>.yaml`, and are asked for by that name.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.places import resource_dir
from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.types import Kind, Motion, Rgb, Selection, Task

Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
PROSE = frozenset({"title", "description", "citation", "licence", "assumptions", "anchors"})
"""Keys that move no number and stay out of the hash."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PairRule(_Strict):
    """How pairs are made from the clips of the dataset (`pairs.py`).

    `first_frame_self`: every clip drives its own source frames. `all_cross_identity`: every ordered couple of clips of
    two identities. `random_cross`: `count` such couples, balanced over identities and clips, chosen by `seed`. `list`:
    the rows of the CSV file `list` beside the YAML.
    """

    rule: Literal["first_frame_self", "all_cross_identity", "random_cross", "list"]
    count: Positive | None = None
    seed: Natural = 0
    list: str | None = None

    @model_validator(mode="after")
    def _rule_has_its_keys(self) -> "PairRule":
        if (self.rule == "random_cross") != (self.count is not None):
            raise ValueError("'count' belongs to the rule random_cross and is needed there")
        if (self.rule == "list") != (self.list is not None):
            raise ValueError("'list' belongs to the rule list and is needed there")
        return self


class ClipRule(_Strict):
    """Which clips of the dataset take part; portraits always do.

    `identities` and `per_identity` keep that many people and clips of each: those with the smallest sha256 of `seed`
    and name, so a missing clip moves no other. `count` and `sha256` state how many clips there are when none is
    missing, and the digest of their ids, sorted and ended by a line feed each.
    """

    identities: Positive | None = None
    per_identity: Positive | None = None
    seed: Natural = 0
    count: Positive | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class SourceRule(_Strict):
    """The frames of the source clip a method gets (negative: from the end), and what may be a source."""

    frames: tuple[int, ...] = Field(default=(0,), min_length=1)
    kinds: tuple[Kind, ...] = Field(default=("clip",), min_length=1)


class DrivingRule(_Strict):
    """Frames `start, start + stride, ...` of the driving clip, at most `maximum` of them (None: to its end).

    Frames less than `end_margin` away from the clip's last one are left out.
    """

    start: Natural = 0
    stride: Positive = 1
    maximum: Positive | None = None
    end_margin: Natural = 0

    def selection(self, size: int, rgb: Rgb = "accurate") -> Selection:
        """The frames this rule takes, converted by `rgb` and resized to a side of `size` pixels."""
        return Selection(self.start, self.stride, self.maximum, self.end_margin, size, rgb)


class Protocol(_Strict):
    """What is run and how it is scored. Every key that moves a number enters `hash`; prose does not.

    `averaging: clip` is the mean over frames within a clip, then over clips; `frame` pools all frames.
    `real_set` names the clips whose frames, chosen by the driving rule, set metrics (FID, KID, FVD) compare with: the
    driving or the source clips of the scored pairs. `coverage_floor` is the share of frames below which a number is
    flagged. `anchors` are methods run beside every other. `rgb` is how frames of videos become RGB, driving, source and
    generated ones alike: `accurate` as the file says, `swscale` as FFmpeg does by default (docs/decisions/frames.md).
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    version: Positive = 1
    title: str
    description: str = ""
    task: Task
    dataset: str
    clips: ClipRule = ClipRule()
    pairs: PairRule
    source: SourceRule = SourceRule()
    driving: DrivingRule = DrivingRule()
    motion: Motion = "absolute"
    resolution: Annotated[int, Field(ge=16, le=2048)] = 256
    rgb: Rgb = "accurate"
    metrics: tuple[str, ...] = Field(min_length=1)
    real_set: Literal["driving", "source"] = "driving"
    averaging: Literal["clip", "frame"] = "clip"
    no_face: Literal["exclude_and_report", "carry_previous", "worst_case"] = "exclude_and_report"
    coverage_floor: Annotated[float, Field(ge=0, le=1)] = 0.9
    anchors: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    citation: str = ""
    licence: str = ""
    supersedes: str | None = None
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _task_matches_pairs(self) -> "Protocol":
        is_self = self.pairs.rule == "first_frame_self"
        if self.pairs.rule != "list" and is_self != (self.task == "self_reenactment"):
            raise ValueError(f"the pair rule {self.pairs.rule!r} does not make pairs for {self.task}")
        return self

    @property
    def selection(self) -> Selection:
        """The driving frames, as methods and metrics see them."""
        return self.driving.selection(self.resolution, self.rgb)

    @property
    def whole(self) -> Selection:
        """Every frame of a generated clip, as metrics see it."""
        return Selection(rgb=self.rgb)

    @property
    def argument(self) -> str:
        """What `--protocol` takes for it: the id, that with a version, or the path of a YAML of the user's."""
        earlier = self.folder / f"{self.id}@{self.version}.yaml"
        name = earlier.stem if earlier.is_file() else self.id
        shipped = self.folder.resolve() == resource_dir("protocols").resolve()
        return name if shipped else str(self.folder / f"{name}.yaml")

    @property
    def list_path(self) -> Path | None:
        """The pair list, beside the YAML. Raises `ProtocolError` for a name that leaves that folder."""
        if self.pairs.list is None:
            return None
        path = (self.folder / self.pairs.list).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ProtocolError(f"protocol {self.id}: the pair list {self.pairs.list!r} leaves the protocol's folder")
        if not path.is_file():
            raise ProtocolError(f"protocol {self.id}: the pair list {path} does not exist")
        return path

    @property
    def hash(self) -> str:
        """sha256 of every key that differs from its default, without prose, and of the pair list's bytes."""
        keys = self.model_dump(mode="json", exclude_defaults=True, exclude={*PROSE, "rgb"})
        # Before the key there was, frames were converted by swscale: such protocols keep the hashes they had.
        keys |= {"rgb": self.rgb} if self.rgb != "swscale" else {}
        lists = {"list_sha256": content_sha256(self.list_path)} if self.list_path else {}
        return canonical_sha256(keys | lists)


def list_protocols() -> list[Protocol]:
    """All protocols that come with evalkit, by id, in their newest versions."""
    paths = sorted(resource_dir("protocols").glob("*.yaml"))
    return [read_protocol(path) for path in paths if "@" not in path.stem]


def find_protocol(name: str) -> Protocol:
    """The protocol called `name`, or the one in the YAML file `name`; `demo_self@1` is an earlier version.

    Raises `UnknownNameError` or `ProtocolError`.
    """
    if name.endswith((".yaml", ".yml")):
        return read_protocol(Path(name))
    path = resource_dir("protocols") / f"{name}.yaml"
    if not path.is_file():
        raise UnknownNameError("protocol", name, [p.stem for p in resource_dir("protocols").glob("*.yaml")])
    return read_protocol(path)


def read_protocol(path: Path) -> Protocol:
    """Read and validate one YAML file; its id is its file name. Raises `ProtocolError`."""
    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProtocolError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ProtocolError(f"{path}: expected keys and values, got {type(content).__name__}")
    if "folder" in content:
        raise ProtocolError(f"{path}: unknown key 'folder'; the folder is that of the file")
    try:
        protocol = Protocol.model_validate(content).model_copy(update={"folder": path.parent})
    except ValidationError as error:
        raise ProtocolError(explain_invalid(path, error, Protocol)) from error
    id, _, version = path.stem.partition("@")
    if protocol.id != id:
        raise ProtocolError(f"{path}: the id is {protocol.id!r}, expected {id!r} as in the file name")
    if version and version != str(protocol.version):
        raise ProtocolError(f"{path}: the version is {protocol.version}, expected {version} as in the file name")
    return protocol
