"""`evalkit methods`: what can be run."""

import typer

from evalkit.cli import options

app = typer.Typer(help="Methods: what can be run.", no_args_is_help=True)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the methods."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.methods import list_methods

    cards = [entry.card for entry in list_methods()]
    if as_json:
        print_json([card.model_dump(mode="json") for card in cards])
    else:
        print_list(["Method", "Title", "Kind", "What"], [[c.id, c.title, c.kind, c.description] for c in cards])
