"""What was done to outputs made elsewhere before they were scored, and how signatures say it."""

import re
from typing import Annotated

from pydantic import Field

from evalkit.records.json_record import Record
from evalkit.types import Filter

_MARK = re.compile(r"\|outputs: ([^|]*)")
_RESIZED = "resized by "


class OutputRules(Record):
    """How outputs were brought to the protocol's frames, in this order."""

    skip_first: Annotated[int, Field(ge=0)] = 0
    """Frames at the beginning that were left out, such as the source frame."""
    whole_clips: bool = False
    """Whether the frames that the protocol takes of a driving clip were chosen from an output for all of them."""
    crop: str | None = None
    """The part of the frame that was scored: `right-half`, `2/3`, `x,y,w,h`; null: all of it."""
    resize: Filter | None = None
    """Filter of Pillow by which it was resized to the protocol's size; null: it had that size."""

    @property
    def words(self) -> str:
        """All of it in words; empty when nothing was done."""
        many = "frame" if self.skip_first == 1 else f"{self.skip_first} frames"
        first = f"without the first {many}" if self.skip_first else ""
        whole = "chosen from whole clips" if self.whole_clips else ""
        part = f"cut to {self.crop}" if self.crop else ""
        return ", ".join(
            word for word in (first, whole, part, f"{_RESIZED}{self.resize}" if self.resize else "") if word
        )

    @property
    def mark(self) -> str:
        """What the signature of a metric ends with; empty when nothing was done."""
        return f"|outputs: {self.words}" if self.words else ""


def marked(signature: str) -> str:
    """The words of the mark in a signature; empty without one."""
    found = _MARK.search(signature)
    return found[1] if found else ""


def without_mark(signature: str) -> str:
    """A signature without its mark: tables compare methods whose outputs came in different packages."""
    return _MARK.sub("", signature)


def resized_by(signature: str) -> str:
    """The filter that a signature says outputs were resized by; empty when they were not."""
    return marked(signature).partition(_RESIZED)[2]
