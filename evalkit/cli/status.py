"""`evalkit status`: how far runs are, from another terminal."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.cli import options

if TYPE_CHECKING:
    from evalkit.runs.status import Status


def status(
    run: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders, or folders of them. Default: runs.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show how far runs are: pairs, frames per second, time left, what each worker is at, and the last failures.

    Works from any terminal while the runs go on. Frames per second are those of the whole way of a pair, scoring
    included.

    Example: `evalkit status runs/demo_cross`
    """
    from dataclasses import asdict

    from evalkit.cli.console import print_grid, print_json
    from evalkit.runs.status import read_status, run_folders

    found = [read_status(folder) for path in run or [Path("runs")] for folder in run_folders(path)]
    if as_json:
        named = ({name: facts.model_dump() for name, facts in one.workers.items()} for one in found)
        print_json([{**asdict(one), "workers": workers} for one, workers in zip(found, named, strict=True)])
        return
    print_grid(["Run", "State", "Finished", "Failed", "Pairs", "Frames/s", "Time left"], [_row(one) for one in found])
    workers = {name: facts for one in found for name, facts in one.workers.items()}
    if workers:
        rows = [
            [name, facts.doing or "idle", facts.pair, _time(facts.seconds if facts.pair else None)]
            for name, facts in sorted(workers.items())
        ]
        print_grid(["Worker", "Does", "Pair", "For"], rows)
    if failures := [[one.run, pair, reason] for one in found for pair, reason in one.failures]:
        print_grid(["Last failures", "Pair", "Reason"], failures)


def _row(one: "Status") -> list[str]:
    silent = one.seconds_ago is not None and one.seconds_ago > 60
    state = f"{one.state} (silent for {_time(one.seconds_ago)})" if silent else one.state
    speed = "-" if one.frames_per_second is None else f"{one.frames_per_second:.1f}"
    pairs = "-" if one.pairs is None else str(one.pairs)
    return [one.run, state, str(one.finished), str(one.failed), pairs, speed, _time(one.seconds_left)]


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else str(timedelta(seconds=round(seconds)))
