"""The grid figure of finished runs."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from evalkit.errors import RunError
from evalkit.figures.grid import GridRow, error_map, grid_figure
from evalkit.figures.options import GridOptions
from evalkit.runs.shown import chosen_pairs, clips_of, frame_of, open_runs


def grid_of(runs: Sequence[Path], options: GridOptions, data: Path | None = None) -> Figure:
    """Source, driving clip, true clip where there is one, and methods side by side, a row for each pair and frame.

    Raises `RunError` and `UnknownNameError` as `open_runs`, `chosen_pairs` and `frame_of` do, and `RunError` for error
    maps of cross-reenactment and a zoom outside of the frame.
    """
    shown = open_runs(runs, data, options)
    known = shown.protocol.reference == "truth"
    if options.errors and shown.protocol.task != "self_reenactment" and not known:
        raise RunError(f"{shown.protocol.id} is cross-reenactment: there are no frames to draw differences from.")
    _check_zoom(options, shown.protocol.resolution)
    rows = []
    for label, pair in chosen_pairs(shown, options):
        clips = clips_of(shown, pair)
        source = clips.source()
        for rule in options.frames:
            place = frame_of(shown, pair, rule)
            (driving, generated), truth = clips.at(place), clips.truth(place)
            given = [driving] if truth is None else [driving, truth]
            rows.append(GridRow(label, (source, *given, *generated), (False, *(True for _ in (*given, *generated)))))
            if options.errors:
                maps = [one if isinstance(one, str) else error_map(one, given[-1]) for one in generated]
                pictures = ("", *("" for _ in given), *maps)
                rows.append(GridRow("error", pictures, (False,) * len(pictures), errors=True))
    headings = ["Source", "Driving", *(["True clip"] if known else []), *(run.measured.title for run in shown.runs)]
    return grid_figure(headings, rows, options.width_mm, options.zoom, options.labels)


def _check_zoom(options: GridOptions, side: int) -> None:
    if options.zoom is None:
        return
    x, y, width, height = options.zoom
    if min(x, y) < 0 or min(width, height) < 1 or x + width > side or y + height > side:
        raise RunError(f"zoom {x},{y},{width},{height}: expected x,y,width,height inside of {side}x{side} pixels.")
