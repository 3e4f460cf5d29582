"""`evalkit profile`: where the time of runs went."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options

_BAR = 30


def profile(
    run: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of them.")],
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw runs, tasks and stages into this .svg, .png or .pdf.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every task for chrome://tracing or Perfetto (.json).")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show where the time of runs went: decoding, resizing, the method, each network, writing, waiting.

    Seconds are sums over all workers and all commands that worked on the runs. A stage is without the stages inside it;
    `other` is what belongs to none. Give runs that shared their workers together, or the time at one counts as waiting
    of the other.

    Example: `evalkit profile runs/demo_cross --picture time.svg`
    """
    from evalkit.cli.console import print_grid, print_json
    from evalkit.runs.profile import read_profile, write_picture, write_trace
    from evalkit.runs.status import run_folders

    found = read_profile([folder for path in run for folder in run_folders(path)])
    if picture:
        write_picture(picture, found)
    if trace:
        write_trace(trace, found)
    stages, workers = found.stages, found.workers
    if as_json:
        busy = {name: {"busy": mine, "there": there} for name, (mine, there) in workers.items()}
        print_json({"stages": stages, "workers": busy})
        return
    total = sum(stages.values())
    rows = [
        [name, f"{seconds:.2f}", f"{seconds / total:.1%}", "#" * round(_BAR * seconds / total)]
        for name, seconds in stages.items()
    ]
    print_grid(["Stage", "Seconds", "Share", ""], rows)
    seen = {name: (mine, there) for name, (mine, there) in workers.items() if there}
    print_grid(
        ["Worker", "Busy (s)", "Of (s)", "Share"],
        [[name, f"{mine:.2f}", f"{there:.2f}", f"{mine / there:.0%}"] for name, (mine, there) in seen.items()],
    )
