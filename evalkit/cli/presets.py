"""`evalkit presets`: how papers measured, as far as it is known, for `--as`."""

from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.completion import preset_names
from evalkit.cli.echo import echo

app = typer.Typer(help="Presets: how papers measured, for --as of run, score and table.", no_args_is_help=True)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the presets."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.protocol.presets import list_presets

    presets = list_presets()
    if as_json:
        print_json([preset.model_dump(mode="json", exclude_unset=True) for preset in presets])
        return
    print_list(
        ["Preset", "Self", "Cross", "Paper"],
        [
            [p.id, *("yes" if task else "no" for task in (p.self_reenactment, p.cross_reenactment)), p.paper]
            for p in presets
        ],
    )


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name from `evalkit presets list`.",
            autocompletion=preset_names,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Show what a preset sets, where that is from, and each point that the paper leaves open.

    Example: `evalkit presets show fsrt`
    """
    from evalkit.cli.console import print_json
    from evalkit.metrics import find_metric
    from evalkit.protocol.presets import find_preset
    from evalkit.scoring.availability import unavailable

    preset = find_preset(name)
    tasks = {"self-reenactment": preset.self_reenactment, "cross-reenactment": preset.cross_reenactment}
    metrics = [find_metric(key) for task in tasks.values() if task for key in task.metrics]
    missing = unavailable(metrics)
    if as_json:
        print_json(preset.model_dump(mode="json", exclude_unset=True) | {"unavailable_because": missing})
        return
    echo(f"{preset.title}: {preset.paper}\nFrom: {preset.basis.strip()}")
    if preset.protocols:
        echo(f"Protocols on its data: {', '.join(preset.protocols)}")
    for heading, task in tasks.items():
        if task is None:
            continue
        settings = task.settings.model_dump(mode="json", exclude_unset=True)
        echo(f"\n{heading.capitalize()}")
        echo(f"  settings: {', '.join(f'{key} {_shown(value)}' for key, value in settings.items())}")
        echo(f"  metrics: {', '.join(task.metrics)}")
        for key in task.metrics:
            if key in missing:
                echo(f"    {key} cannot be computed here: {missing[key]}")
        for point in task.points:
            echo(f"  - {point.strip()}")
    for task_name, why in preset.without.items():
        echo(f"\nNothing for {task_name.replace('_', '-')}: {why}")


def _shown(value: object) -> str:
    """A value in a line: keys and values of a rule, or the items of a list, side by side."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_shown(part)}" for key, part in value.items()) + ")"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
