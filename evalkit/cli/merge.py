"""`evalkit merge`: parts of a run that several machines made, joined."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options


def merge(
    run: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished run folders of different pairs.")],
    out: options.OutFolder = Path("runs"),
    data: options.DataRoot = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol", "-p", metavar="FILE", help="The protocol, where it is a file of yours with a pair list."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Join run folders, such as those of `evalkit run --shard K/N`, to the run that one command would have made.

    They must have one configuration, and no pair with two different records. Clips are linked, not copied, where the
    file system can do that; the parts may be deleted afterwards.

    Example: `evalkit merge runs/demo_cross/landmark_warp.*of4`
    """
    from evalkit.cli.console import print_json
    from evalkit.cli.results import print_results, report_failures
    from evalkit.records.json_record import content_of
    from evalkit.runs.merge import merge as join

    finished = join(run, out, data, protocol)
    report_failures(finished)
    if as_json:
        print_json(content_of(finished.summary))
    else:
        print_results([finished])
