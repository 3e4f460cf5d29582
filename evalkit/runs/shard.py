"""A part of the pairs of a run, for one of several machines: every N-th pair. `evalkit.runs.merge` joins the parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from evalkit.errors import RunError

Item = TypeVar("Item")
_NAME = re.compile(r"\.\d+of\d+$")


@dataclass(frozen=True)
class Shard:
    """The part `index` of `count`, counted from 1."""

    index: int
    count: int

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Its items. Neighbours, which are often of one person or length, go to different parts."""
        return list(items[self.index - 1 :: self.count])

    @property
    def suffix(self) -> str:
        """What the name of its run folder ends with."""
        return f".{self.index}of{self.count}"


def parse_shard(text: str) -> Shard:
    """`2/8` as a part. Raises `RunError` for anything else."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise RunError(f"--shard {text!r}: expected K/N, such as 1/4 for the first of four parts.")
    return Shard(int(found[1]), int(found[2]))


def whole_name(name: str) -> str:
    """The name of the run folder of which `name` is a part."""
    return _NAME.sub("", name)
