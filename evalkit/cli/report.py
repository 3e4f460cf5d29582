"""`evalkit report`: runs as a static site."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo

_SHOWN = 5


def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Run folders of one protocol, such as runs/demo_cross/*.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="A new or empty folder, or one that holds a report.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "-d",
            metavar="DIR",
            help="Where source and driving clips are now. Default: the data root of the run.",
        ),
    ] = None,
    media: Annotated[
        Literal["all", "worst", "none"],
        typer.Option(help="Pairs that get a video: all, only those in a worst list, or none."),
    ] = "all",
    landmarks: Annotated[
        Literal["cached", "extract", "none"],
        typer.Option(help="For the overlay: those in the feature cache, also missing ones detected now, or none."),
    ] = "cached",
    worst: Annotated[int, typer.Option(min=1, metavar="K", help="Pairs per metric and method in the gallery.")] = 12,
    pages: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Pairs with a page: the worst, failed ones, then others evenly spread. Default: all, of more than "
            "5000 pairs 500.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that make videos. Default: one per CPU core, at most 8.")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A page more: this history of `evalkit gate --history FILE`.")
    ] = None,
    by: options.Groups = None,
    attributes: options.Attributes = None,
    as_json: options.Json = False,
) -> None:
    """Make a static site from runs: table, spread, trade-offs, and every pair with its clips playing in step.

    Open DIR/index.html in a browser; no server and no network is needed. The same command again keeps the videos of
    clips that did not change.

    Example: `evalkit report runs/demo_cross/* --out report`
    """
    from evalkit.base.processes import worker_count
    from evalkit.cli.console import print_json
    from evalkit.cli.echo import say
    from evalkit.cli.progress import pair_progress
    from evalkit.report.build import Options
    from evalkit.report.collect import collect
    from evalkit.report.paged import page_count
    from evalkit.report.write import write_report

    comparison = collect(runs)
    groups = tuple(by or ())
    with pair_progress("report", page_count(len(comparison.pairs), pages)) as on_pair:
        chosen = Options(data, media, landmarks, worst, worker_count(workers), history, groups, attributes, pages)
        written = write_report(comparison, out, chosen, on_pair)
    if as_json:
        print_json(
            {
                "index": str(written.index),
                "methods": written.methods,
                "pairs": written.pairs,
                "pages": written.pages,
                "videos": written.pages - len(written.without_video),
                "without_video": dict(written.without_video),
            }
        )
        return
    if media != "none":
        for pair, reason in list(written.without_video.items())[:_SHOWN]:
            say(f"No video of {pair}: {reason}")
        if len(written.without_video) > _SHOWN:
            say(f"... and of {len(written.without_video) - _SHOWN} more pairs; their pages say why.")
    echo(written.index)
