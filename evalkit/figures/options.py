"""What a user says of figures that show pairs: which pairs, which frames, and what is drawn of them."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from evalkit.figures.words import Choice


class PairOptions(BaseModel):
    """Which pairs of some runs are shown, under which names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pairs: tuple[str, ...] = ()
    """Ids of pairs, in this order; with any of them nothing is chosen."""
    choose: tuple[Choice, ...] = ("worst", "median", "best")
    """Pairs by the values of a metric, or drawn at random; none is taken twice."""
    metric: str = ""
    """The metric that decides; empty: the first that has a value per frame."""
    of: str = ""
    """The method (id or title) whose values decide; empty: that of the last run."""
    seed: int = 0
    """Of the random draws."""
    rename: Mapping[str, str] = Field(default_factory=dict)
    """Id of a method or `<method>@<tag>` -> the name to print."""
    anchors: bool = False
    """Whether methods that only mark the ends of the scale are shown."""


class GridOptions(PairOptions):
    """The figure of papers: a row for each pair and frame; source, driving clip and methods side by side."""

    frames: tuple[str, ...] = ("middle",)
    """Of every pair: a number (0 is the first generated frame), a time such as `1.2s`, `middle`, or the `worst` or
    `best` frame by the metric."""
    errors: bool = False
    """A row of differences from the driving frame below each; self-reenactment only."""
    zoom: tuple[int, int, int, int] | None = None
    """x, y, width, height in pixels of the protocol's frames: shown enlarged in a corner."""
    labels: bool = True
    """Whether rows say which pair they show."""
    width_mm: float = Field(default=174.0, ge=40, le=1000)
    """Of the figure; 174 is the text of a two-column page."""
