"""`evalkit protocols`: look them up, list their pairs, check them against data, compare and import them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalkit.cli import options
from evalkit.cli.completion import protocol_names
from evalkit.cli.echo import echo

if TYPE_CHECKING:
    from evalkit.protocol.import_list import Format

app = typer.Typer(help="Protocols: what is run and how it is scored.", no_args_is_help=True)
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A protocol name or YAML file.",
        autocompletion=protocol_names,
    ),
]
_SHOWN = 20


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the protocols."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.protocol.schema import list_protocols

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
    from evalkit.protocol.schema import find_protocol

    protocol = find_protocol(name)
    print_json({**protocol.model_dump(mode="json"), "hash": protocol.hash})


@app.command()
def pairs(
    name: Name, data: options.DataRoot = None, subset: options.Subset = "all", as_json: options.Json = False
) -> None:
    """List the pairs over a dataset: id, source file and frames, driving file, anchor, true clip. CSV on stdout."""
    from evalkit.cli.console import print_csv, print_json
    from evalkit.protocol.schema import find_protocol
    from evalkit.runs.session import resolve_pairs

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
            "driving_end_margin": protocol.driving.end_margin,
            "anchor": str(pair.anchor or ""),
            **({"truth": str(pair.truth)} if pair.truth else {}),
            "size": protocol.resolution,
        }
        for pair in resolve_pairs(protocol, data, missing_ok=subset == "missing-ok")
    ]
    if as_json:
        print_json(rows)
        return
    print_csv(rows)


@app.command()
def check(
    name: Name,
    data: options.DataRoot = None,
    frames: Annotated[bool, typer.Option(help="Also decode the clips and count their frames.")] = True,
    as_json: options.Json = False,
) -> None:
    """Check files, identities and frames of a protocol against your data. Exit code 1 when anything is wrong."""
    from dataclasses import asdict

    from evalkit.cli.console import print_json
    from evalkit.datasets import DATASETS
    from evalkit.protocol.check import check_protocol, frame_counter
    from evalkit.protocol.schema import find_protocol

    protocol = find_protocol(name)
    dataset = DATASETS[protocol.dataset]
    root = dataset.resolve_root(data)
    clips = dataset.index(root)
    report = check_protocol(protocol, clips, frame_counter() if frames else None, dataset.true_clip(root))
    if as_json:
        print_json(asdict(report))
    else:
        expected = "" if report.expected is None else f" of {report.expected}"
        echo(f"{protocol.id}: {report.pairs}{expected} pairs can run with {len(clips)} clips.")
        _print_some(report.problems)
    if report.problems:
        raise typer.Exit(1)


@app.command()
def diff(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A protocol name or YAML file.",
            autocompletion=protocol_names,
        ),
    ],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="Another one.",
            autocompletion=protocol_names,
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Say what differs between two protocols. Exit code 1 when their numbers cannot be compared."""
    from dataclasses import asdict

    from evalkit.cli.console import print_json
    from evalkit.protocol.diff import diff_protocols
    from evalkit.protocol.schema import find_protocol

    found = diff_protocols(find_protocol(a), find_protocol(b))
    if as_json:
        print_json(asdict(found) | {"comparable": found.comparable})
    else:
        for difference in found.keys:
            prose = "" if difference.moves_numbers else " (prose, changes no number)"
            echo(f"{difference.key}{prose}:\n  {a}: {difference.a}\n  {b}: {difference.b}")
        for label, rows in ((a, found.only_a), (b, found.only_b)):
            if rows:
                echo(f"{len(rows)} pairs only in {label}:")
                _print_some(rows)
        same = "No key that changes a number differs." if found.comparable else "Their numbers cannot be compared."
        echo(same)
    if not found.comparable:
        raise typer.Exit(1)


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The pair list.")],
    form: Annotated[str, typer.Option("--format", "-f", metavar="NAME", help="fomm or dagan (MCNet's lists too).")],
    identifier: Annotated[str, typer.Option("--id", metavar="NAME", help="Id of the new protocol.")],
    dataset: Annotated[str, typer.Option(metavar="NAME", help="The dataset its clips belong to.")],
    motion: Annotated[
        Literal["absolute", "relative"],
        typer.Option(help="relative starts at the list's column best_frame or anchor, where it has one."),
    ] = "absolute",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the YAML and CSV files.")
    ] = Path(),
    as_json: options.Json = False,
) -> None:
    """Turn a published pair list into a protocol: `<id>.yaml` and `<id>.csv`.

    Rows that repeat others, and couples of one person in a cross-reenactment list, are left out and named.

    Example: `evalkit protocols import vox256.csv --format fomm --id dagan_vox256 --dataset voxceleb1`
    """
    from evalkit.cli.console import print_json
    from evalkit.cli.echo import say
    from evalkit.datasets import DATASETS
    from evalkit.datasets.identities import identity_rule
    from evalkit.protocol.import_list import read_pair_list, write_protocol
    from evalkit.protocol.schema import read_protocol

    recipe = DATASETS[dataset].recipe
    imported = read_pair_list(path, _format(form), identity_rule(dataset))
    size = (recipe.size if recipe else None) or (512 if dataset in ("celebv_hq", "talkinghead_1kh") else 256)
    written = write_protocol(imported, out, identifier, dataset, size, motion)
    protocol = read_protocol(written)
    for assumption in protocol.assumptions:
        say(assumption)
    if as_json:
        numbers = {name: len(getattr(imported, name)) for name in ("couples", "repeated", "mixed")}
        print_json({"id": protocol.id, "path": str(written), "task": protocol.task, "hash": protocol.hash, **numbers})
    else:
        echo(f"{written}: {len(imported.couples)} of {imported.rows} rows, {protocol.task.replace('_', '-')}.")


def _format(name: str) -> "Format":
    from evalkit.errors import UnknownNameError
    from evalkit.protocol.import_list import FORMATS

    for known in FORMATS:
        if known == name:
            return known
    raise UnknownNameError("pair-list format", name, FORMATS)


def _print_some(lines: tuple[str, ...]) -> None:
    for line in lines[:_SHOWN]:
        echo(f"  {line}")
    if len(lines) > _SHOWN:
        echo(f"  ... and {len(lines) - _SHOWN} more; --json lists all")
