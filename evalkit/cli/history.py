"""`evalkit history`: metrics over gated checkpoints."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli import options


def history(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `evalkit gate --history FILE` appended to.")],
    add: Annotated[
        Path | None,
        typer.Option(metavar="VERDICT", help="Append this verdict first: what `evalkit gate --json` printed."),
    ] = None,
    commit: Annotated[str | None, typer.Option(help="The commit of the appended verdict. Default: HEAD here.")] = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR|FILE", help="A folder for index.html, or a file that ends in .html."),
    ] = Path("history"),
    as_json: options.Json = False,
) -> None:
    """Show each metric over gated checkpoints, with the points where it jumped, as a page.

    The page is one file; no server and no network is needed. `evalkit report RUN... --history FILE` makes the
    history a page of a report.

    Example: `evalkit history gate.jsonl --out history`
    """
    from rich.markup import escape

    from evalkit.cli.console import print_grid, print_json
    from evalkit.cli.echo import say
    from evalkit.gating import history as store
    from evalkit.gating.history_series import collect, short
    from evalkit.gating.verdict_record import read_verdict
    from evalkit.report.history import write_history

    if add is not None:
        store.append(file, read_verdict(add), commit or store.current_commit(Path()))
    lines = store.read(file)
    series = collect(lines)
    if as_json:
        print_json(
            [
                {
                    "id": one.key,
                    "protocol": one.protocol,
                    "method": one.method,
                    "signature": one.signature,
                    "values": list(one.values),
                    "commits": [line.commit for line in one.lines],
                    "change_points": list(one.jumps),
                }
                for one in series
            ]
        )
    else:
        rows = [
            [
                escape(one.key),
                one.method,
                one.protocol,
                str(len(one.values)),
                f"{one.values[-1]:.4g}",
                ", ".join(short(one.lines[i]) for i in one.jumps) or "-",
            ]
            for one in series
        ]
        print_grid(["Metric", "Method", "Protocol", "Checkpoints", "Last", "Jumped at"], rows)
    say(f"Page: {write_history(lines, file.name, out)}")
