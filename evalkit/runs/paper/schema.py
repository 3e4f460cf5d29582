"""`paper.yaml`: which tables and figures a paper has, and of which runs."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import RunError
from evalkit.figures.options import GridOptions, PairOptions
from evalkit.tables.options import TableOptions

RunPatterns = tuple[str, ...]
"""Run folders below the paper's `runs`, in this order: `demo_self/fomm`, or `demo_self/*` for all finished ones."""


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableItem(TableOptions):
    """A table: the options of `evalkit table`."""

    runs: RunPatterns
    reported: tuple[str, ...] = ()
    """Tables of papers whose rows stand below: `fsrt:1`."""
    printed: tuple[str, ...] = ()
    """Tables of papers whose numbers stand in the rows of their methods, beside the same metric: `sfd:1`."""
    common_frames: bool = False
    """Whether methods are compared on the frames that all rows have a value for."""
    standalone: bool = False
    """LaTeX that compiles by itself."""


class GridItem(GridOptions):
    """Pairs side by side: the options of `evalkit plot grid`."""

    runs: RunPatterns


class VideoItem(PairOptions):
    """Pairs side by side as a video: the options of `evalkit plot video`."""

    runs: RunPatterns


class ParetoItem(_Item):
    """Identity against motion and speed."""

    runs: RunPatterns
    identity: str | None = None
    """The metric on the x axis; without one the first CSIM."""
    motion: str | None = None
    """The metric on the y axis; without one the first of AED, APD, AKD."""


class RadarItem(_Item):
    """A spoke per metric."""

    runs: RunPatterns
    metrics: tuple[str, ...] = ()
    """At least three; empty: all that the runs share."""
    anchors: bool = False
    """Whether anchors are drawn, dashed."""


class CurveItem(_Item):
    """A metric over the frames."""

    runs: RunPatterns
    metric: str
    pair: str | None = None
    """Only this pair; without one the mean over all."""


class PaperFile(_Item):
    """The whole file. Items are named by the files they become; folders are relative to it."""

    runs: Path = Path("runs")
    """Folder of run folders."""
    out: Path = Path("paper")
    """Where the files go."""
    data: Path | None = None
    """The clips, for figures that show them; without it where the runs had them."""
    rename: Mapping[str, str] = Field(default_factory=dict)
    """Names for every table and figure, as far as they are in it."""
    tables: Mapping[str, TableItem] = Field(default_factory=dict)
    grids: Mapping[str, GridItem] = Field(default_factory=dict)
    videos: Mapping[str, VideoItem] = Field(default_factory=dict)
    paretos: Mapping[str, ParetoItem] = Field(default_factory=dict)
    radars: Mapping[str, RadarItem] = Field(default_factory=dict)
    curves: Mapping[str, CurveItem] = Field(default_factory=dict)


def read_paper_file(path: Path) -> PaperFile:
    """Read a `paper.yaml`. Raises `RunError` with the key, the nearest known one, and what was expected."""
    try:
        content = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f"{path}: expected a paper's tables and figures as YAML, {error}") from error
    try:
        return PaperFile.model_validate(content or {})
    except ValidationError as error:
        raise RunError(explain_invalid(path, error, PaperFile)) from error
