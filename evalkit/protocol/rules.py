"""The parts of a protocol that are rules: which pairs, clips, source frames and driving frames."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evalkit.types import Kind, Rgb, Selection

Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Size = Annotated[int, Field(ge=16, le=2048)]
"""Side of a frame in pixels."""
Share = Annotated[float, Field(ge=0, le=1)]
RealSet = Literal["driving", "source"]
Averaging = Literal["clip", "frame"]
NoFace = Literal["exclude_and_report", "carry_previous", "worst_case"]


class Strict(BaseModel):
    """Keys and values of a file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PairRule(Strict):
    """How pairs are made from the clips of the dataset (`pairs.py`).

    `first_frame_self`: every clip drives its own source frames. `all_cross_identity`: every ordered couple of clips of
    two identities. `next_cross`: every clip is driven by the next one, in order of ids, of another identity; the last
    by the first. `random_cross`: `count` such couples, balanced over identities and clips, chosen by `seed`. `list`:
    the rows of the CSV file `list` beside the YAML. Where the protocol compares with the truth, a list names the true
    clip of each pair in a column `truth`; for the other rules the dataset has to know it.
    """

    rule: Literal["first_frame_self", "all_cross_identity", "next_cross", "random_cross", "list"]
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


class ClipRule(Strict):
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


class SourceRule(Strict):
    """The frames of the source clip a method gets (negative: from the end), and what may be a source."""

    frames: tuple[int, ...] = Field(default=(0,), min_length=1)
    kinds: tuple[Kind, ...] = Field(default=("clip",), min_length=1)


class DrivingRule(Strict):
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
