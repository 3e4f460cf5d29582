"""What looking through a data folder came to: clips, what was left out and why, and what something was taken for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.types import Clip

_NAMED = 3

HIDDEN = "a hidden name"
NOT_UTF8 = "a name that is not UTF-8"
NO_MEDIA = "neither a video nor a picture"
UNREAD = "a picture of a kind that is not read, save it as PNG"
HALF = "a file that is still being written"
BESIDE = "beside the pictures of a clip"


@dataclass(frozen=True)
class Ignored:
    """An entry that became no clip: its path below the root, and why, in words that entries of one kind share."""

    entry: str
    reason: str


@dataclass(frozen=True)
class Found:
    """Clips in order of their ids. `ignored` is None for datasets that do not say what they leave out.

    `taken` are sentences about entries that could have been meant otherwise.
    """

    clips: tuple[Clip, ...]
    ignored: tuple[Ignored, ...] | None = None
    taken: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        portraits = sum(clip.kind == "portrait" for clip in self.clips)
        return {
            "clips": len(self.clips) - portraits,
            "portraits": portraits,
            "ignored": len(self.ignored or ()),
        }

    @property
    def reasons(self) -> dict[str, int]:
        """Why entries were left out -> how many."""
        return dict(Counter(one.reason for one in self.ignored or ()).most_common())

    def lines(self) -> list[str]:
        """All of it for a person: one line of numbers, one for each reason, one for each thing taken for another."""
        numbers = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return [numbers, *(f"  {self._line(reason, count)}" for reason, count in self.reasons.items()), *self._taken()]

    def _line(self, reason: str, count: int) -> str:
        names = [one.entry for one in self.ignored or () if one.reason == reason]
        return f"{count} ignored, {reason}: {_some(names)}"

    def _taken(self) -> list[str]:
        shown = [f"  {sentence}" for sentence in self.taken[:_NAMED]]
        more = len(self.taken) - _NAMED
        return shown + ([f"  ... and {more} more; `evalkit data check` lists all with --json"] if more > 0 else [])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
