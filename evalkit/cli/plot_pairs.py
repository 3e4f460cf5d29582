"""`evalkit plot grid` and `plot video`: pairs of finished runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import metric_names, pair_choices
from evalkit.cli.plot import Out, Rename, Runs, app, write

__all__ = ["app"]

PairIds = Annotated[
    list[str] | None,
    typer.Option("--pair", "--pairs", metavar="ID", help="Show this pair. Repeatable. Default: chosen ones."),
]
Choose = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHICH",
        help="worst, median, best or random pair. Repeatable. Default: worst, median and best.",
        autocompletion=pair_choices,
    ),
]
Metric = Annotated[
    str,
    typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        help="The metric that decides. Default: the first.",
        autocompletion=metric_names,
    ),
]
Of = Annotated[str, typer.Option("--of", metavar="METHOD", help="Whose values decide. Default: those of the last run.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of random pairs.")]
Anchors = Annotated[bool, typer.Option("--anchors", help="Also show methods that mark the ends of the scale.")]


@app.command()
def grid(
    runs: Runs,
    out: Out,
    pair: PairIds = None,
    choose: Choose = None,
    metric: Metric = "",
    of: Of = "",
    seed: Seed = 0,
    frame: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHICH", help="A number, a time (1.2s), middle, worst or best by the metric. Repeatable: more rows."
        ),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Differences from the driving frames below; self-reenactment only.")
    ] = False,
    zoom: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Enlarge this part of the frames, in pixels, in a corner.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Say at the left which pair a row shows.")] = True,
    width: Annotated[float, typer.Option(metavar="MM", min=40, max=1000, help="Width in millimetres.")] = 174.0,
    rename: Rename = None,
    anchors: Anchors = False,
    data: options.DataRoot = None,
) -> None:
    """Draw the figure of papers: source, driving clip and methods side by side, a row for each pair.

    Text is vector text in PDF and SVG; pictures keep their pixels.

    Example: `evalkit plot grid runs/demo_self/* --choose worst --choose best --frame worst --errors --out grid.pdf`
    """
    from evalkit.figures.options import GridOptions
    from evalkit.runs.pair_grid import grid_of

    settings = GridOptions(
        pairs=tuple(pair or ()),
        choose=options.choices_of(choose),
        metric=metric,
        of=of,
        seed=seed,
        rename=options.pairs_of("--rename", rename or ()),
        anchors=anchors,
        frames=tuple(frame or ("middle",)),
        errors=errors,
        zoom=options.four_of("--zoom", zoom) if zoom else None,
        labels=labels,
        width_mm=width,
    )
    write(out, lambda: grid_of(runs, settings, data))


@app.command()
def video(
    runs: Runs,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="An .mp4 file.")],
    pair: PairIds = None,
    choose: Choose = None,
    metric: Metric = "",
    of: Of = "",
    seed: Seed = 0,
    rename: Rename = None,
    anchors: Anchors = False,
    data: options.DataRoot = None,
) -> None:
    """Write pairs side by side, with names above them, one after the other: the video of a supplement.

    H.264 for every player; the copies look good and are not to be scored.

    Example: `evalkit plot video runs/demo_cross/* --choose worst --choose best --out supplement.mp4`
    """
    from evalkit.cli.echo import say
    from evalkit.figures.options import PairOptions
    from evalkit.runs.pair_video import write_pair_video

    settings = PairOptions(
        pairs=tuple(pair or ()),
        choose=options.choices_of(choose),
        metric=metric,
        of=of,
        seed=seed,
        rename=options.pairs_of("--rename", rename or ()),
        anchors=anchors,
    )
    frames = write_pair_video(out, runs, settings, data)
    say(f"{out}: {frames} frames")
