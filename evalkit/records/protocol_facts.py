"""The protocol of a run as `run.json` holds it: what readers need of it, typed, and all its other keys."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from evalkit.records.json_record import STRICT, Content, Record
from evalkit.types import Rgb, Task

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class DrivingFacts(Record):
    """The driving frames a protocol takes."""

    start: Count = 0
    """The first frame."""
    stride: Annotated[int, Field(ge=1)] = 1
    """Every how many frames one is taken."""
    maximum: Annotated[int, Field(ge=1)] | None = None
    """At most this many; null: to the end of the clip."""
    end_margin: Count = 0
    """Frames at the end of the clip that are left out."""


class ProtocolFacts(Record):
    """The protocol as it was when the run was made. Further keys are those of its YAML file."""

    model_config = ConfigDict(**(STRICT | {"extra": "allow"}))

    id: str
    """Name of the protocol."""
    version: int
    """Rises with every change that moves a number."""
    title: str
    """Heading of tables and reports."""
    description: str = ""
    """What it measures, in a paragraph."""
    task: Task
    """What it asks for."""
    dataset: str
    """Where its clips come from."""
    driving: DrivingFacts
    """Which driving frames it takes."""
    resolution: Annotated[int, Field(ge=16)]
    """Side of a frame in pixels."""
    rgb: Rgb = "swscale"
    """How frames of videos become RGB; absent: as FFmpeg does by default, when there was no other way."""
    metrics: tuple[str, ...]
    """Keys of its metrics."""
    averaging: Literal["clip", "frame"]
    """Whether values are means over clips or over all frames."""
    coverage_floor: Share
    """A number with less coverage is flagged and not ranked."""
    anchors: tuple[str, ...] = ()
    """Anchors: methods that mark the ends of the scale."""
    assumptions: tuple[str, ...] = ()
    """What a paper left open and this protocol had to decide."""
    follows: str = ""
    """The preset that was put on the protocol, for measuring as a paper did; absent: none."""

    @property
    def content(self) -> Content:
        """All keys, as a protocol file holds them."""
        return self.model_dump(mode="json", exclude_unset=True)
