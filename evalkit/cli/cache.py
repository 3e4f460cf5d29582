"""`evalkit cache`: what is kept of computed features."""

from typing import Annotated

import typer

from evalkit.cli import options
from evalkit.cli.echo import echo

app = typer.Typer(help="The cache of computed features.", no_args_is_help=True)


@app.command("ls")
def ls(as_json: options.Json = False) -> None:
    """Say where the cache is, how many feature files it holds and how large they are."""
    from evalkit.base.places import cache_dir
    from evalkit.cli.console import print_json
    from evalkit.scoring.cache import FeatureCache

    files = FeatureCache(cache_dir()).entries()
    size = sum(path.stat().st_size for path in files)
    if as_json:
        print_json({"folder": str(cache_dir()), "files": len(files), "bytes": size})
    else:
        echo(f"{cache_dir()}: {len(files)} feature files, {size / 1e6:.1f} MB")


@app.command("gc")
def gc(
    days: Annotated[float, typer.Option(min=0, help="Remove features that were not used for this many days.")] = 30,
) -> None:
    """Remove features that have not been used for some time. They are computed again when they are needed."""
    from evalkit.base.places import cache_dir
    from evalkit.scoring.cache import FeatureCache

    removed, size = FeatureCache(cache_dir()).collect_garbage(days * 86400)
    echo(f"removed {removed} feature files, {size / 1e6:.1f} MB")
