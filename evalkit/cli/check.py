"""`evalkit check`: check plugins against the contracts that evalkit's own code meets."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo

app = typer.Typer(help="Check plugins against the contracts that evalkit's own code meets.", no_args_is_help=True)


@app.callback()
def check() -> None:
    """Check plugins against the contracts that evalkit's own code meets."""


@app.command()
def plugin(
    names: Annotated[
        list[str], typer.Argument(metavar="FILE|NAME...", help="Python files, or names of installed distributions.")
    ],
    as_json: options.Json = False,
) -> None:
    """Check everything that plugins provide: facts, signatures, direction, shapes, a few frames.

    Exit codes: 0 everything passed, 1 a check failed, 2 unknown plugin. A check whose network or library is missing is
    skipped.

    Example: `evalkit check plugin my_metric.py`
    """
    from dataclasses import asdict

    from evalkit.base.plugins import using
    from evalkit.cli.console import print_json
    from evalkit.doctor.contract.check import check_plugin, known_plugins
    from evalkit.errors import UnknownNameError

    files = [Path(name) for name in names if name.endswith(".py") or "/" in name]
    with using(files):
        asked = [str(Path(name).resolve()) if Path(name) in files else name for name in names]
        known = known_plugins()
        for name in asked:
            if name not in known or (Path(name).is_absolute() and not Path(name).exists()):
                raise UnknownNameError("plugin", name, known)
        results = [result for name in dict.fromkeys(asked) for result in check_plugin(name)]
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            echo(f"{result.state:<8}{result.subject}: {result.check}{': ' if result.text else ''}{result.text}")
        count = {state: sum(one.state == state for one in results) for state in ("passed", "failed", "skipped")}
        echo(", ".join(f"{number} {state}" for state, number in count.items()) + ".")
    if any(result.state == "failed" for result in results):
        raise typer.Exit(1)
