"""Figures as files: PDF and SVG for papers, PNG for pages; the same figure gives the same bytes."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evalkit.base.files import atomic_path
from evalkit.errors import RunError

_FORMATS = (".pdf", ".png", ".svg")


DPI = 200.0


def new_figure(width_mm: float, height_mm: float, dpi: float = DPI) -> Figure:
    """An empty figure of that size."""
    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def check_format(path: Path) -> None:
    """Raise `RunError` for a file name with an unknown format."""
    if path.suffix not in _FORMATS:
        raise RunError(f"{path}: expected a file name that ends in {', '.join(_FORMATS)}.")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PDF, SVG or PNG, atomically. Raises `RunError` for another file name."""
    check_format(path)
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}, ".png": {"Software": None}}
    with atomic_path(path) as temporary:
        figure.savefig(temporary, metadata=dates[path.suffix])
