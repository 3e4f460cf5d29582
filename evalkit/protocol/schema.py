"""A protocol: `protocols/<id>.yaml` plus its CSV lists, validated, with a hash that travels with every number.

Earlier versions that can still be run are files too, `protocols/<id>@<version>.yaml`, and are asked for by that name.
"""

from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.places import resource_dir
from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.protocol.presets import find_preset, preset_names
from evalkit.protocol.rules import (
    Averaging,
    ClipRule,
    DrivingRule,
    NoFace,
    PairRule,
    Positive,
    RealSet,
    Share,
    Size,
    SourceRule,
    Strict,
)
from evalkit.types import Motion, Reference, Rgb, Selection, Task

PROSE = frozenset({"title", "description", "citation", "licence", "assumptions", "anchors", "follows"})
"""Keys that move no number and stay out of the hash."""
_AS = "_as_"
"""Between the id of a protocol and that of the preset put on it."""


class Protocol(Strict):
    """What is run and how it is scored. Every key that moves a number enters `hash`; prose does not.

    `averaging: clip` is the mean over frames within a clip, then over clips; `frame` pools all frames.
    `real_set` names the clips whose frames, chosen by the driving rule, set metrics (FID, KID, FVD) compare with: the
    driving or the source clips of the scored pairs. `coverage_floor` is the share of frames below which a number is
    flagged. `anchors` are methods run beside every other. `rgb` is how frames of videos become RGB, driving, source and
    generated ones alike: `accurate` as the file says, `swscale` as FFmpeg does by default (docs/decisions/frames.md).
    `follows` is the preset that was put on it (`following`).

    `reference: truth` compares with the true clip of a pair, the source's person with the driving motion, wherever else
    the driving clip is compared with; `real_set: driving` then stands for the true clips too. It needs data in which
    these clips are known (docs/decisions/demo-truth.md).
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
    resolution: Size = 256
    rgb: Rgb = "accurate"
    metrics: tuple[str, ...] = Field(min_length=1)
    reference: Reference = "driving"
    real_set: RealSet = "driving"
    averaging: Averaging = "clip"
    no_face: NoFace = "exclude_and_report"
    coverage_floor: Share = 0.9
    anchors: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    citation: str = ""
    licence: str = ""
    supersedes: str | None = None
    follows: str = ""
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _task_matches_pairs(self) -> "Protocol":
        is_self = self.pairs.rule == "first_frame_self"
        if self.pairs.rule != "list" and is_self != (self.task == "self_reenactment"):
            raise ValueError(f"the pair rule {self.pairs.rule!r} does not make pairs for {self.task}")
        if self.reference == "truth" and self.task == "self_reenactment":
            raise ValueError("in self-reenactment the driving clip is the truth; 'reference: truth' is for cross ones")
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
        id, more = self.base_id, f"{_AS}{self.follows}" if self.follows else ""
        earlier = self.folder / f"{id}@{self.version}.yaml"
        name = earlier.stem if earlier.is_file() else id
        shipped = self.folder.resolve() == resource_dir("protocols").resolve()
        return name + more if shipped else str(self.folder / f"{name}.yaml")

    @property
    def base_id(self) -> str:
        """Its id without the preset that was put on it."""
        return self.id.removesuffix(f"{_AS}{self.follows}") if self.follows else self.id

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


def find_protocol(name: str, preset: str | None = None) -> Protocol:
    """The protocol called `name`, or the one in the YAML file `name`; `demo_self@1` is an earlier version.

    `preset` is put on it (`following`); `demo_self_as_fsrt` is `demo_self` with the preset `fsrt`. Raises
    `UnknownNameError` or `ProtocolError`.
    """
    if preset:
        return following(find_protocol(name), preset)
    if name.endswith((".yaml", ".yml")):
        return read_protocol(Path(name))
    path = resource_dir("protocols") / f"{name}.yaml"
    if path.is_file():
        return read_protocol(path)
    base, found, preset = name.rpartition(_AS)
    if found and preset in preset_names():
        return following(find_protocol(base), preset)
    raise UnknownNameError("protocol", name, [p.stem for p in resource_dir("protocols").glob("*.yaml")])


def following(protocol: Protocol, preset: str) -> Protocol:
    """`protocol` measured as a paper did: its clips and pairs, with the settings and metrics of the preset.

    Its assumptions are the preset's points. Raises `UnknownNameError`, and `ProtocolError` for a task that the paper
    has no numbers for, or a protocol that has a preset on it already.
    """
    chosen = find_preset(preset)
    if protocol.follows:
        raise ProtocolError(f"--as {preset}: the protocol {protocol.id} has the preset {protocol.follows} on it.")
    of_task = chosen.of(protocol.task)
    return protocol.model_copy(
        update={
            **of_task.settings.given,
            "id": f"{protocol.id}{_AS}{chosen.id}",
            "title": f"{protocol.title}, as {chosen.title}",
            "metrics": of_task.metrics,
            "assumptions": of_task.points,
            "citation": "; ".join(filter(None, (protocol.citation, chosen.paper))),
            "follows": chosen.id,
        }
    )


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
    if "follows" in content:
        raise ProtocolError(f"{path}: unknown key 'follows'; a preset is put on a protocol by --as")
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
