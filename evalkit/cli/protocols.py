"""`evalkit protocols`: look them up, and list the pairs they make."""

from typing import Annotated

import typer

from evalkit.cli import options

app = typer.Typer(help="Protocols: what is run and how it is scored.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A protocol name or YAML file.")]


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the protocols."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.protocol import list_protocols

    protocols = list_protocols()
    if as_json:
        keys = ("id", "version", "title", "task", "dataset")
        print_json([{**{key: getattr(p, key) for key in keys}, "hash": p.hash} for p in protocols])
    else:
        rows = [[p.id, f"v{p.version}", p.task.replace("_", "-"), p.dataset, p.title] for p in protocols]
        print_list(["Protocol", "", "Task", "Dataset", "Title"], rows)


@app.command()
def show(name: Name) -> None:
    """Print one protocol whole, with its hash, as JSON."""
    from evalkit.cli.console import print_json
    from evalkit.protocol import find_protocol

    protocol = find_protocol(name)
    print_json({**protocol.model_dump(mode="json"), "hash": protocol.hash})


@app.command()
def pairs(name: Name, data: options.DataRoot = None, as_json: options.Json = False) -> None:
    """List the pairs over a dataset: id, source file and frames, driving file. CSV on stdout."""
    import csv
    import sys

    from evalkit.cli.console import print_json
    from evalkit.protocol import find_protocol
    from evalkit.run import resolve_pairs

    protocol = find_protocol(name)
    rows = [
        {
            "id": pair.id,
            "source": str(pair.source.path),
            "source_frames": " ".join(map(str, pair.source_frames)),
            "driving": str(pair.driving.path),
            "driving_start": protocol.driving.start,
            "driving_stride": protocol.driving.stride,
            "driving_maximum": protocol.driving.maximum,
            "size": protocol.resolution,
        }
        for pair in resolve_pairs(protocol, data)
    ]
    if as_json:
        print_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
