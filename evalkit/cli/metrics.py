"""`evalkit metrics`: what can be measured."""

import typer

from evalkit.cli import options

app = typer.Typer(help="Metrics: what can be measured, and in which variants.", no_args_is_help=True)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the metrics with their variants."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.metrics import METRICS

    if as_json:
        keys = ("title", "better", "unit", "reference", "settings", "version", "paper", "description")
        print_json(
            [
                {"id": m.key, **{key: getattr(m, key) for key in keys}, "tasks": sorted(m.tasks)}
                for m in METRICS.values()
            ]
        )
    else:
        arrows = {"higher": "↑", "lower": "↓"}
        rows = [
            [f"{m.key}".replace("[", "\\["), arrows[m.better], m.unit, m.reference, m.description]
            for m in METRICS.values()
        ]
        print_list(["Metric", "", "Unit", "Against", "What"], rows)
