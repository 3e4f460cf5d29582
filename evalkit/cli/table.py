"""`evalkit table`: the table of some runs."""

from pathlib import Path
from typing import Annotated

import typer


def table(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders, such as runs/demo_cross/landmark_warp.")
    ],
    format: Annotated[str, typer.Option("--format", "-f", help="markdown, latex, csv or json.")] = "markdown",
    style: Annotated[
        str,
        typer.Option(
            help="plain: one protocol. paper: a column group per protocol, layout of papers. "
            "ablation: tagged runs of one method."
        ),
    ] = "plain",
    ours: Annotated[str | None, typer.Option(metavar="METHOD", help="The method whose row comes last.")] = None,
    reported: Annotated[
        list[str] | None,
        typer.Option(metavar="PAPER:TABLE", help="Add a paper's rows below, not ranked: fsrt:1. Repeatable."),
    ] = None,
    costs: Annotated[
        bool, typer.Option("--costs", help="Latency and peak memory beside the frames per second.")
    ] = False,
    bold: Annotated[
        str,
        typer.Option(
            help="interval: the best value, and those within its 95 % interval. value: the best value alone, the plain "
            "rule of papers."
        ),
    ] = "interval",
    common_frames: Annotated[
        bool,
        typer.Option(
            "--common-frames",
            help="Compare methods on the frames that all rows have a value for, so that coverage does not bias them.",
        ),
    ] = False,
    standalone: Annotated[bool, typer.Option(help="LaTeX that compiles by itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Print the table of some runs: bold best, underlined second, coverage where it is not complete.

    Example: `evalkit table runs/demo_cross/* runs/demo_self/* --format latex --style paper --ours landmark_warp`
    """
    from dataclasses import replace

    from evalkit.cli.printing import print_tables
    from evalkit.errors import RunError, UnknownNameError
    from evalkit.runs.common_frames import common_note, on_common_frames
    from evalkit.tables.paper_tables import add_reported
    from evalkit.tables.papers import find_paper
    from evalkit.tables.ranking import BOLDS
    from evalkit.tables.results import read_measured
    from evalkit.tables.table import STYLES, arranged

    chosen = next((known for known in STYLES if known == style), None)
    if chosen is None:
        raise UnknownNameError("table style", style, STYLES)
    rule = next((known for known in BOLDS if known == bold), None)
    if rule is None:
        raise UnknownNameError("rule for bold numbers", bold, BOLDS)
    results = on_common_frames(runs) if common_frames else [read_measured(path) for path in runs]
    built = arranged(results, style=chosen, ours=ours, costs=costs, bold=rule)
    if common_frames:
        built = replace(built, footnotes=(*built.footnotes, *common_note(results)))
    for name in reported or ():
        paper, colon, number = name.partition(":")
        if not colon:
            raise RunError(f"--reported {name!r}: expected PAPER:TABLE, such as fsrt:1.")
        built = add_reported(built, find_paper(paper), number)
    print_tables([built], "json" if as_json else format, paper=chosen != "plain", standalone=standalone)
