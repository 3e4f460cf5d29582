"""`evalkit site`: runs and leaderboards as one static site."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo


def site(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_OR_LEADERBOARD...",
            help="Run folders of any protocols, folders of leaderboards, or single rows of them.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new or empty folder, or one with a site.")],
    title: Annotated[str, typer.Option(help="What stands above the first page.")] = "Leaderboard",
    media: Annotated[
        Literal["none", "blur", "all"],
        typer.Option(help="Videos of pairs: none, with every picture blurred, or as they are. They show faces."),
    ] = "none",
    history: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A page more: this history of `evalkit gate --history FILE`. Repeatable."),
    ] = None,
    reports: Annotated[bool, typer.Option(help="Also a report of the runs of every protocol, with all pairs.")] = True,
    data: Annotated[
        Path | None,
        typer.Option("--data", "-d", metavar="DIR", help="Where clips are now. Default: the data root of each run."),
    ] = None,
    worst: Annotated[int, typer.Option(min=1, metavar="K", help="Pairs per metric and method in worst lists.")] = 12,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that make videos. Default: one per CPU core, at most 8.")
    ] = None,
    by: options.Groups = None,
    attributes: options.Attributes = None,
    as_json: options.Json = False,
) -> None:
    """Make one static site of results over several protocols and both tasks, to publish or to look at.

    It has the leaderboard, a page per method, protocol and metric, paired comparisons, and the reports below. Open
    DIR/index.html, or copy DIR to any web space; no server and no network is needed. Numbers whose signatures differ
    are never compared.

    Example: `evalkit site runs/*/* leaderboards --out site`
    """
    from evalkit.base.processes import worker_count
    from evalkit.cli.console import print_json
    from evalkit.cli.echo import say
    from evalkit.cli.progress import pair_progress
    from evalkit.report.build import Options
    from evalkit.report.site.write import SiteOptions, write_site

    report = Options(
        data=data,
        media=media,
        landmarks="none" if media == "blur" else "cached",
        worst=worst,
        workers=worker_count(workers),
        by=tuple(by or ()),
        attributes=attributes,
    )
    chosen = SiteOptions(title, tuple(history or ()), reports, report)
    written = write_site(given, out, chosen, pair_progress)
    if as_json:
        print_json(
            {
                "index": str(written.index),
                "protocols": written.boards,
                "methods": written.methods,
                "reports": written.reports,
                "without_report": dict(written.without_report),
            }
        )
        return
    for name, why in written.without_report.items():
        say(f"{name}: {why}")
    echo(written.index)
