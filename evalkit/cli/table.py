"""`evalkit table`: the table of some runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import extra_columns, metric_names, preset_names
from evalkit.tables.words import Bold, Intervals, Style

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN...", help="Run folders, such as runs/demo_cross/landmark_warp, or files of leaderboard rows."
    ),
]


def table(
    runs: Runs,
    format: options.TableFormat = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write to this file; .md, .tex, .csv, .json, .html or .typ decides."
        ),
    ] = None,
    style: Annotated[
        Style,
        typer.Option(
            metavar="STYLE",
            help="plain: one protocol. paper: a column group per protocol, layout of papers. "
            "ablation: tagged runs of one method.",
        ),
    ] = "plain",
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            help="A column; an id takes all its variants. Repeatable, in this order.",
            autocompletion=metric_names,
        ),
    ] = None,
    as_paper: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PRESET",
            help="The columns of a paper, in its order, with each point it leaves open; a name from "
            "`evalkit presets list`.",
            autocompletion=preset_names,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Behind the metrics: coverage, people, pairs, fps, latency, memory, status (verified, "
            "self-reported or from paper). Repeatable.",
            autocompletion=extra_columns,
        ),
    ] = None,
    costs: Annotated[bool, typer.Option("--costs", help="The columns fps, latency and memory.")] = False,
    sort: Annotated[
        str, typer.Option(metavar="ORDER", help="given: as on the command line. id, or a metric: best first.")
    ] = "given",
    ours: Annotated[str | None, typer.Option(metavar="METHOD", help="The method whose row comes last.")] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=NAME", help="Print a method, `METHOD@TAG`, metric or protocol under this name. Repeatable."
        ),
    ] = None,
    anchors: Annotated[bool, typer.Option(help="Also print rows that only mark the ends of the scale.")] = True,
    bold: Annotated[
        Bold,
        typer.Option(
            metavar="RULE",
            help="interval: the best value, and those within its 95 % interval. value: the best value alone, the plain "
            "rule of papers.",
        ),
    ] = "interval",
    intervals: Annotated[
        Intervals, typer.Option(metavar="FORM", help="none, half (0.51 ± 0.02) or range (0.51 [0.49, 0.53]).")
    ] = "none",
    transposed: Annotated[bool, typer.Option("--transposed", help="Rows are metrics, columns methods.")] = False,
    caption: Annotated[
        str, typer.Option(metavar="TEXT", help="The caption; what evalkit says of the numbers goes below.")
    ] = "",
    label: Annotated[str, typer.Option(metavar="NAME", help="The label in LaTeX and typst.")] = "",
    siunitx: Annotated[bool, typer.Option("--siunitx", help="LaTeX: columns of the package siunitx.")] = False,
    reported: Annotated[
        list[str] | None,
        typer.Option(metavar="PAPER:TABLE", help="Add a paper's rows below, not ranked: fsrt:1. Repeatable."),
    ] = None,
    printed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PAPER:TABLE",
            help="What a paper printed for a method, in its row beside the same metric, not ranked: sfd:1. Repeatable.",
        ),
    ] = None,
    common_frames: Annotated[
        bool,
        typer.Option(
            "--common-frames",
            help="Compare methods on the frames that all rows have a value for, so that coverage does not bias them.",
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="A table per group of driving frames: yaw, pitch, roll, pose_gap, motion, position, or an attribute "
            "of the dataset or out of --attributes (source.NAME: of source clips).",
        ),
    ] = None,
    attributes: options.Attributes = None,
    data: options.DataRoot = None,
    standalone: Annotated[bool, typer.Option("--standalone", help="LaTeX that compiles by itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print the table of some runs: bold best, underlined second, coverage where it is not complete.

    docs/paper.md shows what goes into papers.

    Example: `evalkit table runs/demo_cross/* runs/demo_self/* --style paper --ours landmark_warp --out table.tex`

    Example: `evalkit table runs/demo_self/* -m csim -m akd --no-anchors --intervals half --rename landmark_warp=Warp`
    """
    from evalkit.base.files import write_text
    from evalkit.base.places import cache_dir
    from evalkit.cli.echo import echo, say
    from evalkit.leaderboard.entry import read_result
    from evalkit.runs.as_paper import PaperColumns, paper_columns
    from evalkit.runs.common_frames import common_note, on_common_frames
    from evalkit.runs.slices.conditions import read_attributes
    from evalkit.runs.slices.sliced import sliced
    from evalkit.scoring.cache import FeatureCache
    from evalkit.scoring.features import FeatureBank
    from evalkit.tables.extra_columns import TIMES
    from evalkit.tables.formats import format_of, text_of
    from evalkit.tables.make import make_table
    from evalkit.tables.options import TableOptions, extra_of
    from evalkit.tables.table import headed

    of_paper = paper_columns(runs, as_paper) if as_paper else PaperColumns((), ())
    settings = TableOptions(
        style=style,
        metrics=tuple(metric or of_paper.metrics),
        columns=tuple(map(extra_of, columns)) if columns else TIMES if costs else None,
        sort=sort,
        rename=options.pairs_of("--rename", rename or ()),
        anchors=anchors,
        ours=ours,
        bold=bold,
        intervals=intervals,
        transposed=transposed,
        caption=caption,
        label=label,
        siunitx=siunitx,
    )
    chosen = "json" if as_json else format or (format_of(out) if out else "markdown")
    if by is None:
        results = on_common_frames(runs) if common_frames else [read_result(path) for path in runs]
        notes = (*of_paper.notes, *(common_note(results) if common_frames else ()))
        built = [make_table(results, settings, reported or (), notes, printed or ())]
    else:
        _refuse_beside_groups({"--reported": reported, "--printed": printed, "--common-frames": common_frames})
        labels = read_attributes(attributes) if attributes else {}
        parts = sliced(runs, by, FeatureBank(FeatureCache(cache_dir())), labels, data)
        built = [headed(make_table(part.results, settings, notes=of_paper.notes), part.heading) for part in parts]
    text = text_of(built, chosen, paper=settings.style != "plain", standalone=standalone)
    if out is None:
        echo(text, nl=False)
    else:
        write_text(out, text)
        say(str(out))


def _refuse_beside_groups(given: Mapping[str, object]) -> None:
    """Raise `RunError` for options that say something of whole protocols."""
    from evalkit.errors import RunError

    if chosen := [name for name, value in given.items() if value]:
        raise RunError(
            f"--by makes tables of groups of frames; {', '.join(chosen)} is of whole protocols. Leave one out."
        )
