"""All commands in one place."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.main import get_command

from evalkit.cli import (
    cache,
    check,
    data,
    external,
    gate,
    leaderboard,
    metrics,
    options,
    plot_pairs,
    presets,
    protocols,
    study,
    weights,
)
from evalkit.cli.bench import bench
from evalkit.cli.completion import completion
from evalkit.cli.doctor import doctor
from evalkit.cli.echo import echo
from evalkit.cli.everywhere import everywhere, let_take_everywhere
from evalkit.cli.explain import explain
from evalkit.cli.history import history
from evalkit.cli.merge import merge
from evalkit.cli.paper import paper
from evalkit.cli.profile import profile
from evalkit.cli.report import report
from evalkit.cli.run import run
from evalkit.cli.score import score
from evalkit.cli.site import site
from evalkit.cli.status import status
from evalkit.cli.table import table
from evalkit.cli.track import track

app = typer.Typer(
    help="Benchmark and evaluation suite for face reenactment: "
    "is this checkpoint better, on which axis, and can I trust the number?",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(rich_help_panel="Evaluate")(run)
app.command(rich_help_panel="Evaluate")(score)
app.command(rich_help_panel="Evaluate")(merge)
app.command(rich_help_panel="Evaluate")(status)
app.command(rich_help_panel="Evaluate")(profile)
app.command(rich_help_panel="Evaluate")(table)
app.command(rich_help_panel="Evaluate")(report)
app.command(rich_help_panel="Evaluate")(site)
app.command(rich_help_panel="Evaluate")(explain)
app.command(rich_help_panel="Evaluate")(track)
app.add_typer(gate.app, name="gate", rich_help_panel="Gate")
app.command(rich_help_panel="Gate")(history)
app.add_typer(leaderboard.app, name="leaderboard", rich_help_panel="Evaluate")
app.command(rich_help_panel="Evaluate")(paper)
app.add_typer(plot_pairs.app, name="plot", rich_help_panel="Evaluate")
app.add_typer(study.app, name="study", rich_help_panel="Evaluate")
app.add_typer(protocols.app, name="protocols", rich_help_panel="Look up")
app.add_typer(presets.app, name="presets", rich_help_panel="Look up")
app.add_typer(external.app, name="methods", rich_help_panel="Look up")
app.add_typer(metrics.app, name="metrics", rich_help_panel="Look up")
app.add_typer(data.app, name="data", rich_help_panel="Look up")
app.add_typer(weights.app, name="weights", rich_help_panel="Look up")
app.add_typer(cache.app, name="cache", rich_help_panel="Look up")
app.add_typer(check.app, name="check", rich_help_panel="Look up")
app.command(rich_help_panel="Look up")(doctor)
app.command(rich_help_panel="Look up")(bench)
app.command(rich_help_panel="Look up")(completion)
let_take_everywhere(app)


@app.callback(invoke_without_command=True)
def evalkit(
    context: typer.Context,
    plugin: options.Plugins = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    version: Annotated[bool, typer.Option("--version", help="Print version and commit, and exit.")] = False,
) -> None:
    """Benchmark and evaluation suite for face reenactment."""
    if version:
        from evalkit.records.provenance import version_line

        echo(version_line())
        raise typer.Exit
    context.with_resource(everywhere(plugin, quiet, verbose))


@functools.cache
def built() -> Callable[[], Any]:
    """The command with all below it, built once: a program that calls the command line again need not wait again."""
    command: Callable[[], Any] = get_command(app)
    return command


__all__ = ["app", "built"]
