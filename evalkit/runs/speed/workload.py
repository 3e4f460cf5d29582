"""A piece of work that is timed, and how pieces are chosen by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from evalkit.errors import UnknownNameError
from evalkit.runs.speed.material import Material

Run: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class Workload:
    """A piece of work.

    Attributes:
        name: its group and what it is, as in "extractor/dlib68".
        work: what one run does, in words; times of other work are never compared.
        units: how many frames (rows, tables) a run is of, for what is printed.
        prepare: makes what is run. Its first run may load networks, and is never timed.
        lacks: why it cannot run here, with the commands that help; empty when it can.
    """

    name: str
    work: str
    units: int
    prepare: Callable[[Material], Run]
    lacks: str = ""

    @property
    def group(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]


def chosen(workloads: Sequence[Workload], names: Sequence[str]) -> list[Workload]:
    """Those of these names, in their own order; all of them without a name.

    A name is that of a group ("metric"), a whole name ("metric/ssim"), or what is behind the slash ("ssim"), without
    the variant in brackets if need be ("csim"). Raises `UnknownNameError`.
    """
    found = {name: [one for one in workloads if name in _names(one)] for name in names}
    for name, those in found.items():
        if not those:
            raise UnknownNameError("piece of work", name, {known for one in workloads for known in _names(one)})
    return [one for one in workloads if not names or any(one in those for those in found.values())]


def _names(workload: Workload) -> tuple[str, ...]:
    group, _, rest = workload.name.partition("/")
    return group, workload.name, rest, rest.partition("[")[0]
