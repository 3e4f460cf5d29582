"""`evalkit data`: datasets."""

import typer

from evalkit.cli import options

app = typer.Typer(help="Datasets: what they are and how to get them.", no_args_is_help=True)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the datasets."""
    from evalkit.cli.console import print_json, print_list
    from evalkit.datasets import DATASETS

    datasets = [DATASETS.get(name) for name in DATASETS]
    if as_json:
        print_json([{"id": d.id, "title": d.title, "licence": d.licence, "obtain": d.obtain} for d in datasets])
    else:
        print_list(
            ["Dataset", "Title", "Licence", "How to get it"], [[d.id, d.title, d.licence, d.obtain] for d in datasets]
        )
