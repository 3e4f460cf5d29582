"""`evalkit methods`: what can be run, and its weights."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalkit.cli import options
from evalkit.cli.completion import method_names
from evalkit.cli.echo import echo

if TYPE_CHECKING:
    from evalkit.method.checkpoints import CheckpointStatus
    from evalkit.method.interface import MethodCard

app = typer.Typer(help="Methods: what can be run, and with which weights.", no_args_is_help=True)
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A name from `evalkit methods list`, a folder, or an adapter file.",
        autocompletion=method_names,
    ),
]


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the methods."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.cli.plugins import say_broken
    from evalkit.method.find import METHODS, list_methods

    say_broken(METHODS.broken())
    cards = [entry.card for entry in list_methods()]
    if as_json:
        print_json([card.model_dump(mode="json") for card in cards])
    else:
        columns = ["Method", "Title", "Kind", "Year", "Size", "Parameters", "Licence", "What"]
        print_list(columns, [_row(card) for card in cards])


@app.command("info", hidden=True)  # as it was called
@app.command()
def show(name: Name, as_json: options.Json = False) -> None:
    """Show everything that is known of a method: paper, licence, sizes, options, where its weights come from."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.method.find import find_method

    card = find_method(name).card
    if as_json:
        print_json(card.model_dump(mode="json"))
        return
    for label, text in _facts(card):
        echo(f"{label:<12}{text}")
    if card.options:
        rows = [[key, o.default, ", ".join(o.choices) or "any", o.help] for key, o in card.options.items()]
        print_list(["Option", "Default", "Values", "What"], rows)


@app.command()
def check(
    name: Name,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Check this file, zip or folder instead of imported weights.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Report which weights of a method are installed, whether every key fits, and what is missing.

    Ends with exit code 1 when the method cannot run.
    """
    from evalkit.base.files import refuse_special
    from evalkit.cli.console import print_json, print_list
    from evalkit.method.checkpoints import can_run, checkpoint_status
    from evalkit.method.find import find_method

    entry = find_method(name)
    if checkpoint is not None:
        refuse_special(checkpoint)
    found = checkpoint_status(entry, checkpoint)
    if as_json:
        print_json({"id": entry.card.id, "checkpoints": [_plain(one) for one in found or ()]})
    elif entry.card.external:
        echo(f"{entry.card.id} loads its weights in its own environment: `evalkit methods doctor {name}` looks there.")
    elif found is None:
        echo(f"{entry.card.id} needs no weights that evalkit knows of.")
    else:
        rows = [[one.variant, one.state, str(one.path or ""), one.note] for one in found]
        print_list(["Networks", "State", "File", "What to do"], rows)
    if found is not None and not can_run(found):
        raise typer.Exit(1)


@app.command("import")
def import_(
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="PATH", help="The official checkpoint, or a zip or folder of several.")
    ],
) -> None:
    """Check an official checkpoint and convert it, once, to safetensors in the cache folder.

    Nothing in the file is run. Every key must fit; keys that do not are named.
    """
    from evalkit.method.checkpoints import import_checkpoint
    from evalkit.method.find import find_method

    echo(str(import_checkpoint(find_method(name), file)))


def _row(card: "MethodCard") -> list[str]:
    side = f"{card.input_size}" if card.input_size else ""
    if card.output_size and card.output_size != card.input_size:
        side += f" -> {card.output_size}"
    millions = f"{card.parameters / 1e6:.1f} M" if card.parameters else ""
    name = f"{card.id} ({', '.join(card.aliases)})" if card.aliases else card.id
    return [name, card.title, card.kind, str(card.year or ""), side, millions, card.licence, card.description]


def _facts(card: "MethodCard") -> list[tuple[str, str]]:
    facts = {
        "Method": f"{card.id}: {card.title} ({card.kind})",
        "Also called": ", ".join(card.aliases),
        "What": card.description,
        "Paper": card.paper,
        "Licence": card.licence,
        "Trained on": ", ".join(card.trained_on),
        "Repository": card.repository,
        "Weights": card.checkpoint,
        "Motion": ", ".join(card.motions),
        "Sources": "any number" if card.max_sources is None else str(card.max_sources),
        "Input": f"{card.input_size} pixels" if card.input_size else "",
        "Output": f"{card.output_size} pixels" if card.output_size else "",
        "Parameters": f"{card.parameters:,}" if card.parameters else "",
    }
    return [(label, text) for label, text in facts.items() if text]


def _plain(status: "CheckpointStatus") -> dict[str, Any]:
    path = str(status.path) if status.path else None
    return {"variant": status.variant, "state": status.state, "path": path, "note": status.note}
