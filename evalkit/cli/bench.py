"""`evalkit bench`: how fast this machine is, and what became slower."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo, say, warn

if TYPE_CHECKING:
    from evalkit.runs.speed.baseline import Change, Measurement
    from evalkit.runs.speed.workload import Workload

_SHOWN = 4


def bench(
    name: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="Only these: decode, write, extractor, metric, frechet or table; or one, as extractor/dlib68 or ssim.",
        ),
    ] = None,
    device: options.ScoringDevice = "cpu",
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the measurements to this JSON file, as a baseline.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", "-b", metavar="FILE", help="Compare with such a file. Exit code 1 if slower."),
    ] = None,
    slower: Annotated[
        float, typer.Option(min=1.0, metavar="FACTOR", help="From this factor on something counts as slower.")
    ] = 1.5,
    seconds: Annotated[float, typer.Option(min=0.0, help="Time for each piece of work.")] = 0.3,
    as_list: Annotated[bool, typer.Option("--list", help="Only list what would be measured.")] = False,
    as_json: options.Json = False,
) -> None:
    """Measure how fast this machine decodes, runs each extractor, computes each metric, and makes a table.

    Each piece of work takes turns with a reference kernel. `Runs of the kernel` is the ratio of both times: other
    programs slow both, so it can be compared with a baseline of the same kind of machine. What the networks and
    libraries here do not allow is listed with the reason.

    With --baseline, a piece is slower when it takes --slower times as many runs of the kernel, its faster quarter of
    turns included, and does so again when it is measured for longer.

    Example: `evalkit bench decode extractor`
    """
    from evalkit.cli.console import print_json
    from evalkit.cli.progress import pair_progress
    from evalkit.runs.devices import resolve_scoring_device
    from evalkit.runs.speed.baseline import read_baseline, save_speed, slower_ones, speed_of
    from evalkit.runs.speed.bench import hold_against, measure_all
    from evalkit.runs.speed.workload import chosen
    from evalkit.runs.speed.workloads import all_workloads

    device = resolve_scoring_device(device)
    wanted = chosen(all_workloads(), name or [])
    before = read_baseline(baseline, device) if baseline else None
    if as_list:
        echo("\n".join(f"{one.name}  {one.work}" for one in wanted if not one.lacks))
        _tell_lacking(wanted)
        return

    def run(those: "Sequence[Workload]", each: float, label: str) -> "dict[str, Measurement]":
        with pair_progress(label, sum(not one.lacks for one in those)) as on_pair:
            return measure_all(those, device, each, lambda done: on_pair(done, "done"))

    def again(names: Sequence[str], each: float) -> "dict[str, Measurement]":
        return run([one for one in wanted if one.name in names], each, "Measuring again what seems slower")

    now = run(wanted, seconds, "Measuring")
    changes: list[Change] = []
    if before:
        now, changes = hold_against(before, now, again, seconds, slower)
    speed = speed_of(device, now)
    if save:
        save_speed(save, speed)
    if as_json:
        lacks = {one.name: one.lacks for one in wanted if one.lacks}
        told = [{"name": one.name, "factor": one.factor, "state": one.state} for one in changes]
        print_json({**speed.model_dump(mode="json"), "lacks": lacks, "changes": told})
    else:
        _print(now, changes)
        _tell_lacking(wanted)
    if before and before.machine != speed.machine:
        warn(f"{baseline} was measured on {before.machine}, this is {speed.machine}: ratios differ between machines.")
    if those := slower_ones(changes):
        warn(f"Slower than {baseline}: {', '.join(those)}.")
        raise typer.Exit(1)
    if before:
        say(f"Nothing is {slower:g} times slower than {baseline}.")


def _print(now: "dict[str, Measurement]", changes: "Sequence[Change]") -> None:
    from rich.markup import escape

    from evalkit.cli.console import print_grid

    columns = ["Work", "Of", "Per second", "Each", "Runs of the kernel", "Spread"]
    rows = [
        [
            escape(name),
            one.work,
            f"{one.units / one.seconds:,.0f}" if one.units / one.seconds >= 10 else f"{one.units / one.seconds:.2g}",
            _time(one.seconds / one.units),
            f"{one.ratio:.4g}",
            f"{(one.high - one.low) / one.ratio:.0%}",
        ]
        for name, one in now.items()
    ]
    if changes:
        columns.append("Baseline")
        for row, change in zip(rows, changes, strict=True):
            row.append(change.state if change.factor is None else f"x {change.factor:.2f} {change.state}")
    print_grid(columns, rows)


def _tell_lacking(workloads: "Sequence[Workload]") -> None:
    """What cannot run, by reason."""
    names: dict[str, list[str]] = defaultdict(list)
    for one in workloads:
        if one.lacks:
            names[one.lacks].append(one.name)
    for reason, those in names.items():
        more = f" and {len(those) - _SHOWN} more" if len(those) > _SHOWN else ""
        say(f"Not measured: {', '.join(those[:_SHOWN])}{more}. {reason}")


def _time(seconds: float) -> str:
    value, unit = (seconds * 1e3, "ms") if seconds >= 1e-3 else (seconds * 1e6, "µs")
    return f"{value:.3g} {unit}"
