"""What a table says of runs that were measured as a paper measured."""

from collections.abc import Sequence

from evalkit.tables.results import Measured


def following_notes(groups: Sequence[Sequence[Measured]]) -> tuple[str, ...]:
    """Lines for below a table, one per protocol with a preset on it: each point that the paper leaves open."""
    return tuple(
        points_line(group[0].protocol, group[0].follows, group[0].points) for group in groups if group[0].follows
    )


def points_line(protocol: str, preset: str, points: Sequence[str]) -> str:
    """One line: the points that a preset had to decide, numbered."""
    numbered = " ".join(f"({number}) {point.strip()}" for number, point in enumerate(points, 1))
    return f"{protocol}: as {preset}, as far as public text and code say; they leave open: {numbered}"
