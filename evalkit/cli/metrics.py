"""`evalkit metrics`: what can be measured, and how it responds to known damage."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import metric_names
from evalkit.cli.echo import echo

app = typer.Typer(help="Metrics: what can be measured, and in which variants.", no_args_is_help=True)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the metrics with their variants, and for each whether it runs here or which network file it needs.

    `[faces]` stands for libraries: pip install 'evalkit-face[faces]'. `evalkit weights fetch NAME` gets a file,
    `evalkit metrics show KEY` says it in whole sentences.
    """
    from rich.markup import escape

    from evalkit.cli.console import print_json, print_list
    from evalkit.cli.plugins import say_broken
    from evalkit.metrics import METRICS
    from evalkit.scoring.availability import lacking, unavailable
    from evalkit.tables.cells import ARROWS

    say_broken(METRICS.broken())
    missing = unavailable(list(METRICS.values()))
    if as_json:
        keys = (
            "title",
            "better",
            "unit",
            "reference",
            "settings",
            "version",
            "paper",
            "description",
            "differences",
        )
        print_json(
            [
                {"id": m.key, **{key: getattr(m, key) for key in keys}, "tasks": sorted(m.tasks)}
                | {"level": "frame" if m.by_frame else "set"}
                | {
                    "available": m.key not in missing,
                    "needs": lacking(m) or None,
                    "unavailable_because": missing.get(m.key),
                }
                | {"plugin": str(m.plugin) if m.plugin else None}
                for m in METRICS.values()
            ]
        )
        return
    lacks = {m.key: lacking(m) for m in METRICS.values()}
    rows = [
        [
            escape(m.key),
            ARROWS[m.better],
            m.unit,
            m.reference,
            f"needs {escape(lacks[m.key])}" if lacks[m.key] else "runs",
            m.description,
        ]
        for m in METRICS.values()
    ]
    print_list(["Metric", "", "Unit", "Against", "Here", "What"], rows)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A key from `evalkit metrics list`, or an id.",
            autocompletion=metric_names,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Show everything that is known of a metric: definition, source, known differences, whether its networks are here.

    Example: `evalkit metrics show csim`
    """
    from evalkit.cli.console import print_json
    from evalkit.metrics import find_metric
    from evalkit.scoring.availability import unavailable

    metric = find_metric(name)
    facts = {
        "Metric": f"{metric.title} ({metric.key}), {metric.better} is better",
        "Unit": metric.unit,
        "Definition": metric.description,
        "Compared with": metric.reference,
        "Tasks": ", ".join(sorted(task.replace("_", "-") for task in metric.tasks)),
        "Source": metric.paper,
        "Known differences": metric.differences,
        "Here": unavailable([metric]).get(metric.key, "yes"),
    }
    if as_json:
        print_json({"id": metric.key, **{what.lower().replace(" ", "_"): text for what, text in facts.items()}})
        return
    for what, text in facts.items():
        if text:
            echo(f"{what + ':':<19}{text}")


@app.command()
def calibrate(
    data: options.DataRoot = None,
    protocol: options.ProtocolName = "demo_self",
    metric: options.MetricNames = None,
    clips: Annotated[int, typer.Option(min=2, help="How many clips to damage, of different people first.")] = 2,
    frames: Annotated[int, typer.Option(min=2, help="Driving frames per clip; with 16 every step differs.")] = 16,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The figure; a CSV is written beside it.")
    ] = Path("calibration.png"),
    as_json: options.Json = False,
) -> None:
    """Damage clean clips in known steps and show how each metric responds: what it can see and what it cannot.

    On the demo corpus APD and AED are also compared with the true pose and expression. A few seconds per clip, frame
    and network: 2 clips of 16 frames and the default metrics take some minutes.

    Example: `evalkit metrics calibrate --protocol folder_self --data my_clips --clips 4`
    """
    from dataclasses import asdict

    from evalkit.cli.calibrate import run_calibration
    from evalkit.cli.console import print_json

    found = run_calibration(protocol, data, metric or (), clips, frames, out)
    if as_json:
        print_json([asdict(answer) for answer in found.answers])
    else:
        echo(found.tables())
        echo("\n".join(f"Written: {path}" for path in found.files))


@app.command()
def audit(
    protocol: options.ProtocolName = "demo_truth",
    data: options.DataRoot = None,
    metric: options.MetricNames = None,
    method: Annotated[list[str] | None, typer.Option("--method", "-M", metavar="NAME", help="Audit these.")] = None,
    pairs: Annotated[int, typer.Option(min=3, help="How many pairs of the protocol; with 12 people repeat.")] = 8,
    frames: Annotated[int, typer.Option(min=2, help="Driving frames of each.")] = 8,
    stride: Annotated[int, typer.Option(min=1, help="Every how many driving frames one is taken.")] = 2,
    quick: Annotated[
        bool, typer.Option("--small", help="Few faults, metrics and methods: to see that it works.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the findings.")] = Path("audit"),
    as_json: options.Json = False,
) -> None:
    """Rank the metrics themselves: how well each orders outputs as the truth does, which drawn people let us know.

    Outputs with a known fault (less motion, lag, a closed mouth, the wrong person, blur, noise ...) and methods are
    scored as a benchmark without ground truth does. The minutes it takes are said before it starts. Writes audit.md,
    audit.csv, readings.csv, audit.json and audit.png. Nothing is fetched.

    Example: `evalkit metrics audit --pairs 12 --frames 16 --out audit`
    """
    from evalkit.calibration.audit.report import methods_table, verdicts_table
    from evalkit.cli.audit import AuditOptions, run_audit
    from evalkit.cli.console import print_json

    asked = AuditOptions(protocol, data, tuple(metric or ()), tuple(method or ()), pairs, frames, stride, quick, out)
    found = run_audit(asked)
    if as_json:
        print_json(found.record())
        return
    echo(verdicts_table(found.verdicts))
    if methods := methods_table(found.verdicts):
        echo(methods)
    echo(f"Written: {out / 'audit.md'} and the files beside it")
