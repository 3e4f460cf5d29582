"""`evalkit plot`: figures of finished runs for papers and pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.cli.completion import metric_names
from evalkit.cli.options import pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

app = typer.Typer(help="Figures of finished runs, as vector PDF, SVG or PNG.", no_args_is_help=True)
Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished run folders of one protocol.")]
Rename = Annotated[
    list[str] | None, typer.Option(metavar="ID=NAME", help="Print a method under this name. Repeatable.")
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .pdf, .svg or .png file.")]


@app.command()
def frames(
    runs: Runs,
    out: Out,
    metric: Annotated[
        str,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            help="A metric that all runs have.",
            autocompletion=metric_names,
        ),
    ],
    pair: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this pair. Default: the mean over all pairs.")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(min=0.001, help="Driving frames per second, for an axis in seconds. Default: in frames."),
    ] = None,
    rename: Rename = None,
) -> None:
    """Draw a metric over the frames, one line per run; frames without a value are gaps.

    Example: `evalkit plot frames runs/demo_cross/* --metric csim --out frames.pdf`
    """
    from evalkit.figures.from_runs import frames_of

    write(out, lambda: frames_of(runs, metric, pair, pairs_of("--rename", rename or ()), fps))


@app.command()
def pareto(
    runs: Runs,
    out: Out,
    identity: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Metric on the x axis. Default: the first CSIM.")
    ] = None,
    motion: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Metric on the y axis. Default: the first of AED, APD, AKD.")
    ] = None,
    rename: Rename = None,
) -> None:
    """Plot identity against motion and speed, with the Pareto front marked."""
    from evalkit.figures.from_runs import tradeoff_of

    write(out, lambda: tradeoff_of(runs, identity, motion, pairs_of("--rename", rename or ())))


@app.command()
def radar(
    runs: Runs,
    out: Out,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            help="Repeatable, at least three. Default: all shared.",
            autocompletion=metric_names,
        ),
    ] = None,
    anchors: Annotated[bool, typer.Option("--anchors", help="Also draw anchors; they set no spoke's range.")] = False,
    rename: Rename = None,
) -> None:
    """Draw a radar, where readers expect one: every spoke runs from the worst method to the best."""
    from evalkit.figures.from_runs import radar_of

    write(out, lambda: radar_of(runs, metric or (), anchors, pairs_of("--rename", rename or ())))


@app.command()
def calibration(
    answers: Annotated[Path, typer.Argument(metavar="FILE.csv", help="What `evalkit metrics calibrate` wrote.")],
    out: Out,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", "-m", metavar="NAME", help="Repeatable. Default: all in the file.")
    ] = None,
) -> None:
    """Draw a calibration again, or some of its metrics: how each responds to each damage."""
    from evalkit.calibration.answers import read_answers
    from evalkit.calibration.figure import damage_figure
    from evalkit.errors import UnknownNameError
    from evalkit.metrics import find_metric

    def draw() -> "Figure":
        found = read_answers(answers)
        there = list(dict.fromkeys(answer.metric for answer in found))
        asked = [find_metric(name) for name in metric or there]
        for one in asked:
            if one.key not in there:
                raise UnknownNameError("metric in the calibration", one.key, there)
        return damage_figure(asked, found)

    write(out, draw)


def write(out: Path, draw: "Callable[[], Figure]") -> None:
    """A wrong file name is found before anything is drawn."""
    from evalkit.cli.echo import say
    from evalkit.figures.files import check_format, save_figure

    check_format(out)
    save_figure(draw(), out)
    say(str(out))
