"""`evalkit explain`: what one number is."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import metric_names


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/demo_cross/landmark_warp.")],
    metric: Annotated[
        str,
        typer.Argument(
            metavar="METRIC",
            help="A column of its table, such as csim.",
            autocompletion=metric_names,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Say what a number of a run is: variant, networks, frames used and lost, best and worst pairs, source.

    Example: `evalkit explain runs/demo_cross/landmark_warp csim`
    """
    from rich.markup import escape

    from evalkit.cli.console import print_json, print_list
    from evalkit.tables.explain import explain as explained

    found = explained(run, metric)
    if as_json:
        print_json({"metric": found.key, **found.entry, "facts": dict(found.facts)})
    else:
        print_list(["", ""], [[what, escape(text)] for what, text in found.facts])
